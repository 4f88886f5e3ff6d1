import { randomBytes } from 'node:crypto';
import { actorOf, type NewEvent, type Requester } from '../audit/events.ts';
import type { Logger } from '../logger.ts';
import { checkRequest, type RequestInput, type Uploads } from '../upstream/check-request.ts';
import { idempotencyKeyProblem, reusedKeyProblem } from './idempotency-key.ts';
import type { InputStore } from './input-images.ts';
import type { VideoGeneration } from './generation.ts';
import { readRequest, type GenerationInput, type InputFiles } from './read-request.ts';
import { keysOf, orderKeyOf, type RecentKeys } from './recent-keys.ts';
import { hashOf, isRequestOf, sha256, type RequestedVideo } from './requested-video.ts';
import { acceptedAfterAll, redactionProblem, retryProblem } from './problems.ts';
import type { GenerationStore } from './store.ts';
import type { Change, GenerationUpdates } from './updates.ts';
import { keepForProblems } from './keep-for.ts';
import { checkTags } from './tags.ts';
import { userError, type UserError } from './user-errors.ts';

export interface ServiceOptions {
  store: GenerationStore;
  updates: GenerationUpdates;
  recentKeys: RecentKeys;
  log: Logger;
  /** Makes the background worker look for due work now. */
  wakeWorker: () => void;
  createWaitMs: number;
  extraModels: readonly string[];
  /** What is wrong with an address for the webhooks of this caller's generation, or null. */
  webhookUrlProblem: (
    url: string,
    callerId: string,
  ) => Promise<{ code: UserError['code']; message: string } | null>;
  inputs: Pick<InputStore, 'keep' | 'uploadsOf' | 'fetched'>;
  /** The most days that a request may ask to be kept for. */
  maxKeepForDays: number;
  /** What is wrong with the files at MiniMax that the caller refers to. */
  fileProblems: (input: RequestInput, caller: Requester['caller']) => Promise<UserError[]>;
  /** New generations are marked as made by the simulator. */
  simulated: boolean;
  /** New generations get a callback address. */
  wantsCallbacks: boolean;
}

/** Who asks, and under which key a repetition of the request would be recognised. */
export interface Request extends Requester {
  idempotencyKey: string | null;
  /** Left out: over GraphQL. */
  via?: 'rest';
  /** Called when what came with the request is not needed in memory any more. */
  onStored?: () => void;
}

/** What a new generation is made from, once. It belongs to whom that belongs to. */
export interface Origin {
  as: 'retry' | 'regeneration';
  generation: VideoGeneration;
}

export type CreateResult =
  | { generation: VideoGeneration; replayed: boolean; userErrors: readonly [] }
  | { generation: null; replayed: false; userErrors: readonly UserError[] };

/** What a caller may ask for: a new generation, once for each key. */
export class GenerationService {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /**
   * What the mutation would say to this input of the caller's, without storing, sending or fetching
   * anything; `fetched` are the files at its URLs, where they were fetched.
   */
  async check(
    { tags: given, ...input }: GenerationInput,
    { caller }: Pick<Requester, 'caller'>,
    fetched: Uploads = new Map(),
  ) {
    const { extraModels, webhookUrlProblem, fileProblems, inputs, maxKeepForDays } = this.#options;
    const uploads = new Map([...(await inputs.uploadsOf(input, caller)), ...fetched]);
    const check = checkRequest(input, extraModels, uploads);
    const { tags, problems: tagProblems } = checkTags(given);
    const problems: UserError[] = [...check.problems, ...tagProblems];
    const { webhookUrl } = input;
    const problem = webhookUrl == null ? null : await webhookUrlProblem(webhookUrl, caller.id);
    if (problem) problems.push(userError('webhookUrl', problem.code, problem.message));
    problems.push(...keepForProblems(input.keepForDays, maxKeepForDays));
    if (check.apiGeneration === 2) problems.push(...(await fileProblems(input, caller)));
    return { ...check, tags, problems };
  }

  /**
   * Stores a request, has the worker send it, and answers with what MiniMax said.
   *
   * When that takes longer than `createWaitMs`, or MiniMax asks for patience,
   * the answer is the generation as it stands and the worker carries on.
   * A request that the capability matrix forbids is neither stored nor sent.
   */
  async create(input: GenerationInput, request: Request): Promise<CreateResult> {
    const asGiven = await this.check(input, request);
    if (asGiven.problems.length > 0) return refused(asGiven.problems);
    const fetched = await this.#fetch(input, request);
    if (fetched?.problems.length) return refused(fetched.problems);
    const check = fetched ? await this.check(input, request, fetched.uploads) : asGiven;
    if (check.problems.length > 0) return refused(check.problems);
    const { video, files } = readRequest(input, check);
    return await this.submit(video, files, request, null);
  }

  /** A repetition is compared with what the first one was made with: what is at a URL may change. */
  async #fetch(input: GenerationInput, { caller, idempotencyKey }: Request) {
    const { store, inputs } = this.#options;
    return await inputs.fetched(input, caller, async () =>
      idempotencyKey === null
        ? null
        : ((await store.findByKey(caller.id, idempotencyKey))?.id ?? null),
    );
  }

  /**
   * Stores a checked request and waits, for a bounded time, for what becomes of it.
   *
   * A caller's idempotency key belongs to one request for ever: with the same
   * request it gives the first generation, whoever races whom; with another
   * request it is refused. What repeats another generation belongs to whom that belongs to, and is
   * made once, with its images. What this process knows to have been made, and the database no longer has, is made
   * anew but not sent: it is held until an admin has looked whether it was paid.
   *
   * The images of `files` are emptied when they are stored: they are not kept in memory while MiniMax is
   * waited for.
   */
  async submit(
    video: RequestedVideo,
    files: InputFiles,
    request: Request,
    origin: Origin | null,
  ): Promise<CreateResult> {
    const { store, updates, recentKeys, wakeWorker, createWaitMs } = this.#options;
    const { simulated, wantsCallbacks } = this.#options;
    const { via } = request;
    const { callerId, tenant } = origin?.generation ?? ownerOf(request);
    // Somebody else's key would be one more of the owner's.
    const idempotencyKey = callerId === request.caller.id ? request.idempotencyKey : null;
    const retryOfId = origin?.as === 'retry' ? origin.generation.id : null;
    const { sourceId = null, sourceTaskId = null } = video;
    const problem = idempotencyKey === null ? null : idempotencyKeyProblem(idempotencyKey);
    if (problem) return refused([problem]);
    const keys = keysOf({ callerId, idempotencyKey, retryOfId, sourceId });
    const orders = retryOfId === null ? [] : [orderKeyOf(retryOfId)];
    const held = await this.#holdOf([...keys, ...orders]);
    const inputs = await this.#keepInputs(files, { id: callerId, tenant });
    const id = store.newId();
    const inputHash = hashOf(video);
    const requestSalt = randomBytes(16).toString('hex');
    const requestHash = sha256(`${requestSalt} ${inputHash}`);
    const waiting = AbortSignal.timeout(createWaitMs);
    const changes = updates.changes(id, waiting);
    const links = { ...(retryOfId && { retryOfId }), ...(sourceId && { sourceId, sourceTaskId }) };
    const created = await store.insert(
      {
        ...{ ...video, id, callerId, tenant, idempotencyKey, inputHash, requestSalt, retryOfId },
        simulated,
        callbackToken: wantsCallbacks ? randomBytes(24).toString('base64url') : null,
      },
      inputs,
      {
        action: 'GENERATION_CREATED',
        actor: actorOf(request),
        detail: { requestHash, ...links, ...(via && { via }) },
      },
      { held, replaced: origin?.generation.regenerationId ?? null },
    );
    request.onStored?.();
    if (created === null) {
      const instead = origin && (await this.#instead(origin, waiting));
      return instead ?? (await this.#replay(callerId, idempotencyKey, video, waiting));
    }
    recentKeys.note(keys, created);
    if (held) {
      await changes.return();
      return { generation: created, replayed: false, userErrors: [] };
    }
    wakeWorker();
    for await (const change of changes) if (mayBeOutcome(change)) break;
    return { generation: (await store.find(id)) ?? created, replayed: false, userErrors: [] };
  }

  /** All that it uses. One after the other: each is in memory as a whole already. */
  async #keepInputs(files: InputFiles, owner: { id: string; tenant: string | null }) {
    const used = [...files.stored];
    for (let image = files.images.shift(); image; image = files.images.shift()) {
      used.push({ id: await this.#options.inputs.keep(image, owner), sourceUrl: null });
    }
    return used;
  }

  /** Why a request must not be sent: it was stored before, or what it repeats was ordered to be sent again, and that is gone. */
  async #holdOf(keys: readonly string[]): Promise<NewEvent | undefined> {
    const { recentKeys, log } = this.#options;
    const lostGenerationId = await recentKeys.findLost(keys);
    if (lostGenerationId === undefined) return undefined;
    log.error(
      { lostGenerationId },
      'the database no longer has what was asked for again: the new one is held until an admin releases it',
    );
    const reason = 'it had been stored before, and the database lost it: it may have been paid';
    return { action: 'GENERATION_HELD', detail: { reason, lostGenerationId } };
  }

  /** The first generation under this key, when what it asked for is the same; waits for its outcome like the first caller. */
  async #replay(
    callerId: string,
    idempotencyKey: string | null,
    video: RequestedVideo,
    waiting: AbortSignal,
  ): Promise<CreateResult> {
    const { store } = this.#options;
    const first = idempotencyKey === null ? null : await store.findByKey(callerId, idempotencyKey);
    // What it repeats was as it should be: only its task was not known yet.
    if (first === null) return refused([userError('id', 'SETTLED_ALREADY', acceptedAfterAll)]);
    if (!isRequestOf(first, video)) return refused([reusedKeyProblem]);
    return await this.repeat(first, waiting);
  }

  /** What another request has made of the origin, or why nothing can be; null when the key was taken. */
  async #instead(
    { as, generation: seen }: Origin,
    waiting: AbortSignal,
  ): Promise<CreateResult | null> {
    const { store } = this.#options;
    const origin = (await store.find(seen.id))!;
    const [before, made] =
      as === 'retry'
        ? [origin.id, origin.successorId ?? (await this.#latestOfSource(origin))]
        : [seen.regenerationId, origin.regenerationId];
    if (made !== null && made !== before) {
      return await this.repeat((await store.find(made))!, waiting);
    }
    const problem = as === 'retry' ? retryProblem(origin) : redactionProblem(origin);
    return problem && refused([problem]);
  }

  /** What was made anew of the same source since; null where it was not made anew of any. */
  async #latestOfSource({ sourceId }: VideoGeneration): Promise<string | null> {
    const source = sourceId === null ? null : await this.#options.store.find(sourceId);
    return source?.regenerationId ?? null;
  }

  /** The answer that the first caller got, or gets. */
  async repeat(
    first: VideoGeneration,
    waiting = AbortSignal.timeout(this.#options.createWaitMs),
  ): Promise<CreateResult> {
    const { store, updates } = this.#options;
    const changes = updates.changes(first.id, waiting);
    let generation = (await store.find(first.id)) ?? first;
    if (isBeingSubmitted(generation)) {
      for await (const change of changes) if (mayBeOutcome(change)) break;
      generation = (await store.find(first.id)) ?? first;
    } else {
      await changes.return();
    }
    return { generation, replayed: true, userErrors: [] };
  }
}

export function refused(userErrors: readonly UserError[]): CreateResult {
  return { generation: null, replayed: false, userErrors };
}

function ownerOf({ caller: { id, tenant } }: Request) {
  return { callerId: id, tenant };
}

/** Its first outcome is still to come. */
function isBeingSubmitted({ status, attempts, heldAt }: VideoGeneration): boolean {
  return status === 'SUBMITTING' || (status === 'QUEUED' && attempts === 0 && heldAt === null);
}

/** Anything but its creation and its sending; null when changes may have been missed. */
function mayBeOutcome(change: Change | null): boolean {
  return change === null || (change.version > 1 && change.status !== 'SUBMITTING');
}

import {
  CreateVideoGenerationDocument,
  WaitForGenerationDocument,
  GenerationUpdatedDocument,
  type CreateVideoGenerationInput,
  type GenerationProgressFragment,
  type VideoGenerationStatus,
} from '../generated/graphql.ts';
import { ConnectionError, InvalidInputError, VideoGenerationError } from './errors.ts';
import { ask, type HttpOptions } from './http.ts';
import { Patience, pause } from './patience.ts';
import type { Socket } from './web-socket.ts';

/** A generation as it is at one moment. */
export type GenerationState = GenerationProgressFragment;

/** A generation that has its video. */
export type FinishedVideo = GenerationState & { status: 'SUCCEEDED'; videoUrl: string };

export interface Api {
  http: HttpOptions;
  /** Undefined where there is no WebSocket. */
  socket: Socket | undefined;
  retryForMs: number;
}

/** How long the API may hold back an answer while nothing changes. */
const longPollMs = 20_000;
/** Between two questions whose answers are the same. */
const shortestPollMs = 1_000;

/** Nothing more is to be waited for. An UNCERTAIN one waits for a person, perhaps for days. */
const settled: ReadonlySet<VideoGenerationStatus> = new Set([
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'UNCERTAIN',
]);

/**
 * The states of one generation, as an async iterable that ends with SUCCEEDED, and its `result()`.
 *
 * Both throw a `VideoGenerationError` when there will be no video; an iteration shows that last
 * state first. Nothing is sent before one of them is asked for. Asked for again they begin anew,
 * and show the same generation.
 */
export class VideoRun implements AsyncIterable<GenerationState, void, undefined> {
  readonly #states: () => AsyncGenerator<GenerationState, void, undefined>;

  constructor(states: () => AsyncGenerator<GenerationState, void, undefined>) {
    this.#states = states;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationState, void, undefined> {
    for await (const state of this.#states()) {
      yield state;
      if (!settled.has(state.status)) continue;
      if (isFinished(state)) return;
      throw new VideoGenerationError(state);
    }
  }

  /** The video, when it is there. */
  async result(): Promise<FinishedVideo> {
    for await (const state of this) if (isFinished(state)) return state;
    throw new ConnectionError('Following ended before the generation did.');
  }
}

function isFinished(state: GenerationState): state is FinishedVideo {
  return state.status === 'SUCCEEDED';
}

/** Creates, however often it takes to get an answer, and follows. */
export async function* generate(
  api: Api,
  input: CreateVideoGenerationInput & { idempotencyKey: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerationState, void, undefined> {
  const created = await create(api, input, signal);
  yield created;
  if (!settled.has(created.status)) yield* follow(api, created.id, created.version, signal);
}

async function create(
  { http, retryForMs }: Api,
  input: CreateVideoGenerationInput & { idempotencyKey: string },
  signal: AbortSignal | undefined,
): Promise<GenerationState> {
  const patience = new Patience(retryForMs, signal);
  for (;;) {
    try {
      const answer = await ask(http, CreateVideoGenerationDocument, { input }, signal);
      const { generation, userErrors } = answer.createVideoGeneration;
      if (generation) return generation;
      throw new InvalidInputError(userErrors);
    } catch (error) {
      await patience.wait(error);
    }
  }
}

/**
 * The states after version `known`, until one is settled.
 *
 * By WebSocket where that works. Where it does not, and after each interruption, by asking: the
 * answer shows what was missed, or is the error that says why nothing can be shown.
 */
export async function* follow(
  { http, socket, retryForMs }: Api,
  id: string,
  known: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerationState, void, undefined> {
  const patience = new Patience(retryForMs, signal);
  let socketFailures = 0;
  for (;;) {
    if (socket && (socketFailures === 0 || socket.hasWorked)) {
      socketFailures += 1;
      try {
        const variables = { id, afterVersion: known };
        for await (const shown of socket.subscribe(GenerationUpdatedDocument, variables, signal)) {
          socketFailures = 1;
          patience.restore();
          const state = shown.generationUpdated;
          if (state.version <= known) continue;
          known = state.version;
          yield state;
          if (settled.has(state.status)) return;
        }
      } catch {
        signal?.throwIfAborted();
      }
    }
    // A connection that was cut is tried again at once, one that does not last after a while.
    const waitMs = socket?.hasWorked && socketFailures === 1 ? 0 : longPollMs;
    const askedAt = performance.now();
    try {
      const variables = { id, waitMs, sinceVersion: known };
      const { generation } = await ask(http, WaitForGenerationDocument, variables, signal);
      patience.restore();
      if (generation && (generation.version > known || settled.has(generation.status))) {
        known = generation.version;
        yield generation;
        if (settled.has(generation.status)) return;
      } else if (waitMs > 0) {
        await pause(shortestPollMs - (performance.now() - askedAt), signal);
      }
    } catch (error) {
      await patience.wait(error);
    }
  }
}

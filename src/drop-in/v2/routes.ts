import type { Request, Response, Router } from 'express';
import { demand } from '../../access/permissions.ts';
import type { VideoGeneration } from '../../generation/generation.ts';
import { isId } from '../../graphql/ids.ts';
import { MinimaxError } from '../../minimax/errors.ts';
import { paths } from '../../minimax/v2/wire.ts';
import { ownKeyNote } from '../failures.ts';
import { isOpen, parameter, see, type DropInOptions } from '../options.ts';
import { isRefused, refusal, toTask } from './answers.ts';
import { invalidParams, sendError, sendRefused, unknownTask } from './errors.ts';
import { listTasks, readListRequest } from './list.ts';
import { readCreateBody } from './read-body.ts';

export { secondDialect } from './errors.ts';

/** The operations of MiniMax's second API generation: create, query, list, cancel. */
export function addSecondGeneration(router: Router, options: DropInOptions): void {
  const { gate, links, store, now, bodyLimitBytes } = options;

  router.post(paths.submit, gate.readJson(bodyLimitBytes), async (request, response) => {
    await create(request, response, options);
  });

  router.get(paths.query, async (request, response) => {
    // So some clients of resellers name a task (V2 §12).
    const id = parameter(request, 'task_id');
    if (id !== '') return await answerTask(id, request, response, options);
    const wanted = readListRequest(request.query);
    if (typeof wanted === 'string') {
      return sendError(request, response, 400, invalidParams(wanted));
    }
    const { caller } = gate.contextOf(request);
    const { found, total } = await listTasks(wanted, caller.id, options);
    const kept = await links.kept(found.map(({ id }) => id));
    const open = await store.trail.findOpen(found);
    const items = found.map((generation) => {
      const url = kept.get(generation.id)?.url ?? storedLink(generation, now());
      return toTask(generation, { url, now: now(), isOpen: open.has(generation.id) });
    });
    response.json({ items, total });
  });

  router.get(`${paths.query}/:id`, async (request, response) => {
    await answerTask(request.params.id, request, response, options);
  });

  router.delete(`${paths.submit}/:id`, async (request, response) => {
    await cancel(request.params.id, request, response, options);
  });
}

async function create(request: Request, response: Response, options: DropInOptions): Promise<void> {
  const { gate, service } = options;
  const context = gate.contextOf(request);
  demand(context.caller, 'generate');
  if (request.body === undefined) {
    const how = 'send a JSON body with content-type: application/json';
    return sendError(request, response, 400, invalidParams(how));
  }
  const input = readCreateBody(request.body);
  if (typeof input === 'string') {
    return sendError(request, response, 400, invalidParams(input));
  }
  const { generation, userErrors } = await service.create(input, {
    ...context,
    via: 'rest',
    onStored: () => context.letGoOfBody(input),
  });
  if (!generation) return sendError(request, response, 400, refusal(userErrors));
  const mayBePaid = await isOpen(generation, options);
  if (isRefused(generation) && !mayBePaid) return sendRefused(request, response, generation);
  response.json({ task_id: generation.id });
}

async function answerTask(
  id: string,
  request: Request,
  response: Response,
  options: DropInOptions,
): Promise<void> {
  const { gate, store, links, now } = options;
  const found = isId(id) ? await store.find(id) : null;
  const candidates = found && isTask(found) ? [found] : [];
  const seen = await see(candidates, gate.contextOf(request), options);
  if (!seen) return sendError(request, response, 400, unknownTask);
  try {
    const link = await links.of(seen);
    const told = { url: link?.url ?? null, now: now(), isOpen: await isOpen(seen, options) };
    response.json({ task: toTask(seen, told) });
  } catch (error) {
    if (!(error instanceof MinimaxError)) throw error;
    // Asked again, it may have one.
    const { failureKind, statusMessage } = error;
    const said = statusMessage ? `: ${statusMessage}` : '';
    const message = `${ownKeyNote(failureKind)}MiniMax gives no link to this video now${said}`;
    sendError(request, response, 500, { code: error.statusCode || 1000, message });
  }
}

/** Withdraws a task that has not begun; the record of it stays in any case (V2 §5). */
async function cancel(
  id: string,
  request: Request,
  response: Response,
  options: DropInOptions,
): Promise<void> {
  const context = options.gate.contextOf(request);
  demand(context.caller, 'generate');
  const generation = await options.visible.findOwn(id, context);
  if (!isTask(generation)) return sendError(request, response, 400, unknownTask);
  const result = await options.cancel(generation, context);
  if (result.userErrors.length > 0) {
    return sendError(request, response, 400, refusal(result.userErrors));
  }
  response.json({ task_id: generation.id, action: 'cancelled', status: 'cancelled' });
}

/** Whether this API shows it: what makes no video cannot be asked for here either. */
function isTask({ apiGeneration, kind }: VideoGeneration): boolean {
  return apiGeneration === 2 && kind !== 'PROMPT_ENHANCEMENT';
}

/** In a list MiniMax's links are not renewed, which a hundred calls might take: the query of a task does that. */
function storedLink({ videoUrl, videoUrlExpiresAt }: VideoGeneration, now: Date): string | null {
  return videoUrlExpiresAt === null || videoUrlExpiresAt > now ? videoUrl : null;
}

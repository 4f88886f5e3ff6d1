import {
  GenerationsChangedDocument,
  GenerationsUpdatedDocument,
  type GenerationChangeFragment,
  type VideoGenerationFilter,
} from '../generated/graphql.ts';
import { ask, type HttpOptions, type TypedDocument } from './http.ts';
import { Patience, pause } from './patience.ts';
import type { Api } from './video-run.ts';

/** Between two looks where no WebSocket gets through; each is a list, which may be recorded. */
const lookMs = 5_000;
/** Before a connection that was cut is tried again. */
const reconnectMs = 500;
/** What one look shows at most. */
const lookSize = 50;
/** Versions that are remembered, so that nothing is shown twice. */
const rememberedVersions = 10_000;

/**
 * What changes among the generations that `filter` matches, from `since` on; undefined: from now on.
 *
 * By WebSocket where that works; each new one begins with what was missed. Else by looking at those
 * that changed last.
 */
export async function* watch(
  { http, socket, retryForMs }: Api,
  filter: VideoGenerationFilter,
  since: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<GenerationChangeFragment, void, undefined> {
  const patience = new Patience(retryForMs, signal);
  const seen = new Map<string, number>();
  let latest = since ?? (await timeOf(http, patience, signal));
  /** Whether it is news: after an interruption some are sent again. */
  const note = ({ id, version, updatedAt }: GenerationChangeFragment): boolean => {
    if ((seen.get(id) ?? 0) >= version) return false;
    seen.delete(id);
    seen.set(id, version);
    if (seen.size > rememberedVersions) seen.delete(seen.keys().next().value!);
    if (updatedAt > latest) latest = updatedAt;
    return true;
  };
  for (let isFirst = true; ; isFirst = false) {
    if (socket && (isFirst || socket.hasWorked)) {
      try {
        const variables = { filter, updatedAfter: latest };
        for await (const shown of socket.subscribe(GenerationsUpdatedDocument, variables, signal)) {
          patience.restore();
          if (note(shown.generationsUpdated)) yield shown.generationsUpdated;
        }
      } catch {
        signal?.throwIfAborted();
      }
    }
    try {
      const variables = { first: lookSize, filter };
      const { generations } = await ask(http, GenerationsChangedDocument, variables, signal);
      patience.restore();
      const changed = generations.nodes.filter(({ updatedAt }) => updatedAt > latest);
      for (const node of changed.reverse()) if (note(node)) yield node;
      await pause(socket?.hasWorked ? reconnectMs : lookMs, signal);
    } catch (error) {
      await patience.wait(error);
    }
  }
}

/** The API's time, for which it is asked when no answer has told it yet. */
async function timeOf(
  http: HttpOptions,
  patience: Patience,
  signal: AbortSignal | undefined,
): Promise<string> {
  for (;;) {
    try {
      if (!http.clock.isKnown) await ask(http, nothing, {}, signal);
      patience.restore();
      return http.clock.now().toISOString();
    } catch (error) {
      await patience.wait(error);
    }
  }
}

const nothing = '{ __typename }' as unknown as TypedDocument<object, object>;

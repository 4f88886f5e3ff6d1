import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './errors.ts';
import { watchPace, type Pace } from './pace.ts';
import { BodyError } from './body-error.ts';
import { letGoBy } from './let-go-by.ts';

/**
 * The pieces of a body as they come. Throws when it breaks off, and when it comes more slowly than it
 * may: whoever holds a place for hours keeps it from others.
 */
export async function* pacedPieces(
  request: IncomingMessage,
  response: ServerResponse,
  pace: Pace,
): AsyncGenerator<Buffer, void, undefined> {
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = watchPace(pace, () => length, reject);
  });
  late.catch(() => {});
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), late]);
      if (next.done) return;
      length += next.value.length;
      yield next.value;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new BodyError(400, 'The body broke off.');
  } finally {
    clearInterval(timer);
    if (!request.readableEnded) letGoBy(request, response);
  }
}

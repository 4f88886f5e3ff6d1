import { pipeline } from 'node:stream/promises';
import type { Express, Request, Response } from 'express';
import type { Gate } from '../graphql/gate.ts';
import type { Sender } from '../graphql/sender.ts';
import type { Logger } from '../logger.ts';
import type { Export, Exports } from './exports.ts';
import { formats, type FormatName } from './formats.ts';
import type { Source } from './rows.ts';

export interface DownloadOptions {
  exports: Exports;
  log: Logger;
  now: () => Date;
}

/** Downloads that one server sends at one time: each has a page of rows in memory and a query under way. */
const maxDownloads = 4;

const retryAfterSeconds = 10;

/** Who takes nothing for so long gives up the place to somebody else. */
const stalledAfterMs = 60_000;

/**
 * The addresses under which exports are fetched. The token in the address is all that is asked for:
 * a browser sends no headers of ours with a download.
 */
export class Downloads {
  readonly #options: DownloadOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  mount(app: Express, path: string, gate: Gate): void {
    app.get(`${path}/:id`, async (request, response) => {
      const { token } = request.query;
      const id = String(request.params['id']);
      const found = await this.#options.exports.open(id, typeof token === 'string' ? token : '');
      if (found === null) {
        return refuse(response, 404, 'NOT_FOUND', 'There is no export under this address.');
      }
      if (found === 'ended') {
        const message = 'This export is no longer to be had: ask for a new one.';
        return refuse(response, 410, 'EXPORT_EXPIRED', message);
      }
      if (this.#running.size >= maxDownloads) {
        response.set('Retry-After', String(retryAfterSeconds));
        const message = `${maxDownloads} exports are being downloaded already: try again in a moment.`;
        return refuse(response, 503, 'TOO_MANY_DOWNLOADS', message);
      }
      const sending = this.#send(found, gate.senderOf(request), request, response);
      this.#running.add(sending);
      await sending.finally(() => this.#running.delete(sending));
    });
  }

  /** Waits until the downloads under way have ended and are recorded. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Sends the rows as fast as they are taken; breaks the connection when it cannot send them all, so that nobody takes a part for the whole. */
  async #send(stored: Export, sender: Sender, request: Request, response: Response): Promise<void> {
    const { exports, log, now } = this.#options;
    const format = formats[stored.format as FormatName];
    const name = stored.what.toLowerCase().replace('_', '-');
    const day = now().toISOString().slice(0, 19).replaceAll(':', '-');
    response.set({
      'Content-Type': format.contentType,
      'Content-Disposition': `attachment; filename="${name}-${day}Z.${format.extension}"`,
      'Cache-Control': 'no-store',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.setTimeout(stalledAfterMs, () => response.destroy());
    const sent = { rows: 0, completed: false };
    const { id: exportId, what } = stored;
    try {
      await pipeline(write(exports.sourceOf(stored), format, sent), response);
      sent.completed = true;
      log.info({ exportId, what, rows: sent.rows }, 'an export was downloaded');
    } catch (error) {
      const { code } = error as { code?: string };
      const isClients = code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET';
      if (isClients) {
        log.info({ exportId, what, rows: sent.rows }, 'the download of an export was broken off');
      } else log.error({ exportId, what, rows: sent.rows, error }, 'an export failed on the way');
    }
    await exports.recordDownload(stored, sender, sent).catch((error: unknown) => {
      log.error({ exportId, ...sent, error }, 'the download of an export could not be recorded');
    });
  }
}

/** The file, some rows at a time; counts them once they were taken. */
async function* write(
  source: Source,
  format: (typeof formats)[FormatName],
  sent: { rows: number },
): AsyncGenerator<string> {
  const { columns } = source;
  const header = format.header(columns);
  if (header !== '') yield header;
  for await (const rows of source.chunks()) {
    yield rows.map((row) => format.line(columns, row)).join('');
    sent.rows += rows.length;
  }
}

/** In the form of a GraphQL answer, as everything that is refused here. */
function refuse(response: Response, status: number, code: string, message: string): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .json({ errors: [{ message, extensions: { code } }] });
}

import type { Request, RequestHandler, Response } from 'express';
import { demand } from '../../access/permissions.ts';
import { BodyError } from '../../graphql/body-error.ts';
import { ApiError } from '../../graphql/errors.ts';
import type { Gate } from '../../graphql/gate.ts';
import { Places } from './places.ts';

/** What a route does. When the signal is aborted its caller has been gone for a while. */
export type Work = (request: Request, response: Response, gone: AbortSignal) => Promise<void>;

/** Has a route do its work when there is a place for it. */
export type WithPlace = (work: Work) => RequestHandler;

const places = { atServer: 16, perCaller: 4 };
const retryAfterSeconds = 5;

/** For whoever hung up: what had come may be stored by then, and is gone on with later. */
const goneForMs = 5_000;

export function placesFor(gate: Gate): WithPlace {
  const taken = new Places(places.atServer, places.perCaller);
  return (work) => async (request, response) => {
    const { caller } = gate.contextOf(request);
    demand(caller, 'generate');
    const release = taken.take(caller.id);
    if (release === null) {
      const message = `${places.perCaller} uploads of a caller, and ${places.atServer} in all, are taken at one time: send it again in ${retryAfterSeconds} seconds.`;
      throw new ApiError('SERVICE_BUSY', message, { retryAfterSeconds });
    }
    const gone = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const left = () => {
      const reason = new BodyError(400, 'The caller has gone.');
      timer = setTimeout(() => gone.abort(reason), goneForMs);
    };
    response.once('close', left);
    try {
      await work(request, response, gone.signal);
    } finally {
      response.off('close', left);
      clearTimeout(timer);
      release();
    }
  };
}

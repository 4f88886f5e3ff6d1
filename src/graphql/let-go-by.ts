import type { IncomingMessage, ServerResponse } from 'node:http';

/** So long an answer waits for whoever still sends, and then the connection ends. */
const longestMs = 10_000;

/**
 * Lets pass what is left of a body that nobody wants any more. Whoever is hung up on while sending
 * reads no answer, so the connection ends with the body, and at the latest some seconds after the
 * answer.
 */
export function letGoBy(request: IncomingMessage, response: ServerResponse): void {
  // Whoever read it piece by piece may still listen for the next one.
  request.removeAllListeners('readable').on('data', ignore).resume();
  const wait = () => {
    if (request.readableEnded) return;
    const { socket } = request;
    const end = setTimeout(() => socket.destroy(), longestMs).unref();
    request.once('close', () => clearTimeout(end));
  };
  if (response.writableFinished) wait();
  else response.once('finish', wait);
}

function ignore(): void {}

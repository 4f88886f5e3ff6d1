import type { IncomingMessage } from 'node:http';
import { BodyError } from '../../graphql/body-error.ts';
import {
  boundaryOf,
  MultipartError,
  MultipartReader,
  type PartHead,
} from '../../network/multipart.ts';

/** What is stored is what came: nothing is unpacked here. */
export function refuseEncoded({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new BodyError(415, 'Send the file as it is, without Content-Encoding.');
}

/** The file of a form with a part `file`, as it comes; of other parts nothing is kept. */
export async function* fileOfForm(
  contentType: string | undefined,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw new BodyError(400, 'The form has no boundary that can be read.');
  let isFile = false;
  let hasFile = false;
  let ready: Buffer[] = [];
  const reader = new MultipartReader(boundary, {
    part({ name, filename }: PartHead) {
      isFile = name === 'file' && filename !== null;
      if (isFile && hasFile) throw new BodyError(400, 'Send one file in a form, as `file`.');
      hasFile ||= isFile;
    },
    data(piece) {
      if (isFile) ready.push(piece);
    },
  });
  try {
    for await (const piece of pieces) {
      reader.push(piece);
      yield* ready;
      ready = [];
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    throw new BodyError(400, `The form could not be read: ${error.message}.`);
  }
  if (!hasFile) throw new BodyError(400, 'Send the file as `file` of the form, with a filename.');
}

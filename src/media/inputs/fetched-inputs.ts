import type { Database } from '../../database/database.ts';
import type { StoredObject } from '../../database/generated/client.ts';
import type { Caller } from '../../graphql/caller.ts';
import { ApiError } from '../../graphql/errors.ts';
import type {
  GivenMedia,
  Problem,
  ProblemCode,
  RequestInput,
  Uploads,
} from '../../minimax/request-problems.ts';
import { download, DownloadError, type DownloadOptions } from '../download.ts';
import type { MeasureProblem } from '../measure.ts';
import { TooLargeError } from '../storage.ts';
import { Places } from './places.ts';
import { urlsIn, type GivenFile } from './references.ts';
import { mediaOf, withRequestMs, type StoredInputs } from './stored-inputs.ts';

export interface FetchedInputsOptions {
  prisma: Database['prisma'];
  inputs: Pick<StoredInputs, 'take'>;
  download: DownloadOptions;
  /** For all files of one request together. */
  timeoutMs: number;
}

/** Files that are stored, and what is wrong with others. */
export interface Fetched {
  uploads: Uploads;
  problems: Problem[];
}

type Outcome = GivenMedia | Pick<Problem, 'code' | 'message'>;

const places = { atServer: 16, perCaller: 4 };
const retryAfterSeconds = 5;

/**
 * Fetches what callers give by URL, so that what is measured, kept and sent are the same bytes: what is
 * at a URL may be another file a moment later, or for another who asks.
 */
export class FetchedInputs {
  readonly #options: FetchedInputsOptions;
  readonly #places = new Places(places.atServer, places.perCaller);

  constructor(options: FetchedInputsOptions) {
    this.#options = options;
  }

  /**
   * What the URLs of an input lead to; null when it has none. Of the generation that `findFirst` gives
   * the files are taken that it was made with, and nothing is fetched.
   */
  async of(
    input: RequestInput,
    caller: Caller,
    findFirst: () => Promise<string | null>,
  ): Promise<Fetched | null> {
    const files = urlsIn(input);
    if (files.length === 0) return null;
    const first = await findFirst();
    if (first !== null) return { uploads: await this.#usedBy(first), problems: [] };
    const release = this.#places.take(caller.id);
    if (release === null) {
      const message = `Files of ${places.perCaller} requests of a caller, and of ${places.atServer} in all, are fetched at one time: send it again in ${retryAfterSeconds} seconds.`;
      throw new ApiError('SERVICE_BUSY', message, { retryAfterSeconds });
    }
    try {
      return await this.#fetchAll(files, caller);
    } finally {
      release();
    }
  }

  async #fetchAll(files: readonly GivenFile[], caller: Caller): Promise<Fetched> {
    const timeUp = AbortSignal.timeout(this.#options.timeoutMs);
    const outcomes = new Map<string, Promise<Outcome>>();
    for (const file of files) {
      if (!outcomes.has(file.text)) outcomes.set(file.text, this.#fetch(file, caller, timeUp));
    }
    const uploads = new Map<string, GivenMedia>();
    const problems: Problem[] = [];
    for (const { text, path } of files) {
      const outcome = await outcomes.get(text)!;
      if ('code' in outcome) problems.push({ field: path, ...outcome });
      else uploads.set(text, outcome);
    }
    return { uploads, problems };
  }

  async #fetch(
    { text, isImage }: GivenFile,
    caller: Caller,
    timeUp: AbortSignal,
  ): Promise<Outcome> {
    const { inputs, download: options } = this.#options;
    const link = (dead: string | null) =>
      dead === null ? Promise.resolve(text) : Promise.reject(noOther);
    try {
      const { object, problem } = await inputs.take(download(link, options, timeUp), caller, {
        forMs: withRequestMs,
        signal: timeUp,
      });
      if (problem) return { code: codeOf(problem, isImage), message: problem.message };
      return given(object, text);
    } catch (error) {
      if (timeUp.aborted) return unfetched('The file did not come in time.');
      if (error instanceof TooLargeError) {
        const message = `The file at the URL has more than ${error.maxBytes} bytes, which is more than MiniMax takes.`;
        return { code: isImage ? 'IMAGE_TOO_LARGE' : 'REFERENCE_TOO_LARGE', message };
      }
      if (error instanceof DownloadError) return unfetched(error.message);
      throw error;
    }
  }

  /** By the URLs from which they were fetched. */
  async #usedBy(generationId: string): Promise<Uploads> {
    const uses = await this.#options.prisma.mediaUse.findMany({
      where: { generationId },
      include: { object: true },
    });
    return new Map(
      uses.flatMap(({ object, sourceUrls }) => sourceUrls.map((url) => [url, given(object, url)])),
    );
  }
}

const noOther = new DownloadError(
  'forbidden',
  'There is no file at the URL, or none for those who do not sign in.',
);

function given(object: StoredObject, sourceUrl: string): GivenMedia {
  return { ...mediaOf(object), objectId: object.id, sha256: object.sha256, sourceUrl };
}

function unfetched(why: string): Outcome {
  const message = `${why} Mend the URL, try again later, or send the file to POST /media.`;
  return { code: 'INPUT_NOT_FETCHED', message };
}

/** Of what is no image, and no clip, by the field that it is given for. */
function codeOf({ code }: MeasureProblem, isImage: boolean): ProblemCode {
  if (code === 'MEDIA_EMPTY') return isImage ? 'IMAGE_INVALID' : 'REFERENCE_INVALID';
  if (code === 'MEDIA_FORMAT_UNSUPPORTED')
    return isImage ? 'IMAGE_FORMAT_UNSUPPORTED' : 'REFERENCE_FORMAT_UNSUPPORTED';
  return code;
}

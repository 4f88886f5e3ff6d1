import type { StoredObject } from '../../database/generated/client.ts';
import type { RequestInput } from '../../minimax/request-problems.ts';

/** A file as an input gives it. */
export interface GivenFile {
  /** Where in the input it stands. */
  path: string[];
  text: string;
  isImage: boolean;
}

/** The uploads that an input names. */
export function referencesIn(input: RequestInput): string[] {
  return filesIn(input).flatMap(({ text }) =>
    text.slice(0, 6).toLowerCase() === 'media:' ? text : [],
  );
}

/** What an input gives by URL. */
export function urlsIn(input: RequestInput): GivenFile[] {
  return filesIn(input).filter(({ text }) => /^https?:/i.test(text));
}

/** Whatever an input gives for files, wherever: URLs, data URLs, references. */
function filesIn(input: RequestInput): GivenFile[] {
  const given: GivenFile[] = [];
  const give = (isImage: boolean, text: string | null | undefined, ...path: string[]) => {
    if (text != null) given.push({ path, text: text.trim(), isImage });
  };
  give(true, input.firstFrameImage, 'firstFrameImage');
  give(true, input.lastFrameImage, 'lastFrameImage');
  for (const [at, { image }] of (input.subjectReference ?? []).entries())
    for (const text of image) give(true, text, 'subjectReference', String(at), 'image');
  for (const [at, text] of (input.referenceImages ?? []).entries())
    give(true, text, 'referenceImages', String(at));
  for (const field of ['referenceVideos', 'referenceAudios'] as const)
    for (const [at, { url }] of (input[field] ?? []).entries())
      give(false, url, field, String(at), 'url');
  return given;
}

/** What a caller writes for an upload. */
export function referenceOf({ id }: Pick<StoredObject, 'id'>): string {
  return `media:${id}`;
}

/** Null of what is no upload. */
export function idOfReference(reference: string): string | null {
  return /^media:([\da-f-]{36})$/i.exec(reference.trim())?.[1]?.toLowerCase() ?? null;
}

import { imageUrlProblem } from './image-url.ts';
import { readDataUrl } from './images.ts';
import { misfitOf } from './measured-media.ts';
import type { ImageField, MediaLimits } from './model.ts';
import type { CheckedImage, GivenMedia, Report, Uploads } from './request-problems.ts';

/** An image as a caller gave it. */
export interface GivenImage {
  field: ImageField;
  /** Its place among those of the field. */
  index: number;
  /** Where in the input it stands. */
  path: string[];
  text: string;
}

/** The image, or null when it was refused; `takesFiles`: also `mm_file://` of a file at MiniMax. */
export function checkImage(
  { field, index, path, text: given }: GivenImage,
  limits: MediaLimits,
  report: Report,
  { uploads, takesFiles = false }: { uploads: Uploads; takesFiles?: boolean },
): CheckedImage | null {
  const text = given.trim();
  if (isStored(text, uploads)) {
    const stored = checkUpload(text, path, limits, report, uploads);
    return stored && { field, index, stored };
  }
  if (/^data:/i.test(text)) {
    const { image, problem } = readDataUrl(text, limits);
    for (const { code, message } of image?.warnings ?? []) report.warn(path, code, message);
    if (problem === undefined) return { field, index, image };
    report.refuse(path, problem.code, problem.message);
    return null;
  }
  const problem = takesFiles && isFile(text) ? null : imageUrlProblem(text);
  if (problem === null) return { field, index, url: text };
  report.refuse(path, problem.code, problem.message);
  return null;
}

/** Whether it names a file that lies at MiniMax: an upload, or an earlier video (V2 §2.3). */
export function isFile(text: string): boolean {
  return fileIdOf(text) !== null;
}

/** The id of the file that it names, or null. */
export function fileIdOf(text: string): string | null {
  return /^mm_file:\/\/([\w-]{1,128})$/.exec(text)?.[1] ?? null;
}

/** Whether it names a file that is stored here, or must be. */
export function isStored(text: string, uploads: Uploads): boolean {
  return /^media:/i.test(text) || uploads.has(text);
}

/** The upload that is named, or null when there is none, or none that will do. */
export function checkUpload(
  text: string,
  path: string[],
  limits: MediaLimits,
  report: Report,
  uploads: Uploads,
): GivenMedia | null {
  const stored = uploads.get(text) ?? uploads.get(text.toLowerCase());
  if (stored === undefined) {
    const message =
      'There is no such upload of yours: send the file to POST /media and give the `reference` of the answer.';
    report.refuse(path, 'MEDIA_NOT_FOUND', message);
    return null;
  }
  const problem = misfitOf(stored, limits);
  if (problem === null) return stored;
  report.refuse(path, problem.code, problem.message);
  return null;
}

import { imageUrlProblem } from './image-url.ts';
import { readDataUrl } from './images.ts';
import type { ImageField, MediaLimits } from './model.ts';
import type { CheckedImage, Report } from './request-problems.ts';

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
  takesFiles = false,
): CheckedImage | null {
  const text = given.trim();
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

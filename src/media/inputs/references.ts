import type { RequestInput } from '../../minimax/request-problems.ts';

/** Whatever an input gives for files, wherever: URLs, data URLs, references. */
export function referencesIn(input: RequestInput): string[] {
  const { firstFrameImage, lastFrameImage, subjectReference, referenceImages } = input;
  const clips = [...(input.referenceVideos ?? []), ...(input.referenceAudios ?? [])];
  return [
    ...[firstFrameImage, lastFrameImage].flatMap((text) => text ?? []),
    ...(subjectReference ?? []).flatMap(({ image }) => image),
    ...(referenceImages ?? []),
    ...clips.map(({ url }) => url),
  ].filter((text) => text.trimStart().slice(0, 6).toLowerCase() === 'media:');
}

import { readFile } from 'node:fs/promises';
import { root } from '../../root.ts';

export interface Output {
  resolution: '512P' | '720P' | '768P' | '1080P';
  durationSeconds: 6 | 10;
  width: number;
  height: number;
}

/**
 * The videos there are. A task's id holds the index, so this list may only grow at its end (to ten).
 *
 * 768P is 1366 wide as measured (wire contract §3.3); nobody has told the width of 512P.
 */
export const OUTPUTS: readonly Output[] = [
  { resolution: '768P', durationSeconds: 6, width: 1366, height: 768 },
  { resolution: '768P', durationSeconds: 10, width: 1366, height: 768 },
  { resolution: '1080P', durationSeconds: 6, width: 1920, height: 1080 },
  { resolution: '720P', durationSeconds: 6, width: 1280, height: 720 },
  { resolution: '512P', durationSeconds: 6, width: 912, height: 512 },
  { resolution: '512P', durationSeconds: 10, width: 912, height: 512 },
];

const videos = new Map<Output, Promise<Buffer>>();

/** The bytes of the sample video; read from disk once per process. */
export function readVideo(output: Output): Promise<Buffer> {
  let video = videos.get(output);
  if (!video) {
    const name = `${output.resolution}-${output.durationSeconds}.mp4`;
    video = readFile(new URL(`assets/simulator/${name}`, root));
    video.catch(() => videos.delete(output));
    videos.set(output, video);
  }
  return video;
}

import { readFile } from 'node:fs/promises';
import { framesOf } from '../../minimax/v2/video-length.ts';
import { root } from '../../root.ts';
import { loopVideo } from './looped-video.ts';
import { RATIOS, RESOLUTIONS, type TaskFacts } from './task-ids.ts';

/** What has no ratio of its own. */
const USUAL_RATIO = '16:9';

/** The files are made anew for each download, but for the last ones. */
const MAX_REMEMBERED = 4;

const videos = new Map<string, Promise<Buffer>>();

/** The bytes of the video of a task: with sound, in its resolution, ratio and length. */
export function readVideo({ resolution, ratio, seconds }: TaskFacts): Promise<Buffer> {
  const asked = RATIOS[ratio]!;
  const shape = (asked === 'adaptive' ? USUAL_RATIO : asked).replace(':', 'x');
  const name = `${RESOLUTIONS[resolution]!}-${shape}`;
  const key = `${name} ${seconds}`;
  let video = videos.get(key);
  if (!video) {
    const file = new URL(`assets/simulator/v2/${name}.mp4`, root);
    video = readFile(file).then((loop) => loopVideo(loop, framesOf(seconds)));
    video.catch(() => videos.delete(key));
    videos.set(key, video);
    const [oldest] = videos.keys();
    if (videos.size > MAX_REMEMBERED) videos.delete(oldest!);
  }
  return video;
}

import type { ApiGeneration, Mode, VideoModel } from '../minimax/model.ts';
import { rulesOf } from '../minimax/model.ts';
import { firstGenerationModels } from '../minimax/v1/models.ts';
import { secondGenerationModels, speaksSecondGeneration } from '../minimax/v2/models.ts';

/** Every documented model, the current ones first. */
export const videoModels: readonly VideoModel[] = [
  ...secondGenerationModels,
  ...firstGenerationModels,
];

export const videoModelNames: readonly string[] = videoModels.map((model) => model.name);

/** The model of exactly this documented name, or undefined. */
export function findVideoModel(name: string): VideoModel | undefined {
  return videoModels.find((model) => model.name === name);
}

/** The documented name that differs from `name` only in letter case, spaces or underscores, or null. */
export function suggestVideoModelName(name: string): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[\s_-]+/g, '');
  const wanted = plain(name);
  return (
    videoModelNames.find((known) => plain(known) === wanted) ??
    videoModelNames.find((known) => plain(known) === `minimax${wanted}`) ??
    null
  );
}

/** Which protocol a model speaks; also of a name that no documentation has. */
export function apiGenerationOf(name: string): ApiGeneration {
  return findVideoModel(name)?.apiGeneration ?? (speaksSecondGeneration(name) ? 2 : 1);
}

/** The names of the models that have a mode. */
export function modelsWith(mode: Mode): string[] {
  return videoModels.flatMap((model) => (rulesOf(model, mode) ? [model.name] : []));
}

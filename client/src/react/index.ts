export { ReelgraphProvider, useReelgraph } from './provider.ts';
export { useGenerateVideo, type GenerateVideo } from './use-generate-video.ts';
export {
  useGeneration,
  type FollowedGeneration,
  type UseGenerationOptions,
} from './use-generation.ts';
export {
  useGenerations,
  type GenerationsPage,
  type GenerationsView,
  type UseGenerationsOptions,
} from './use-generations.ts';

import type { CreateVideoGenerationInput } from '../../../generated/graphql.ts';
import type { Detail } from './page.tsx';

/** The request as it was made, as far as it is stored: images that came as data are named by their hash. */
export function requestOf(generation: Detail): CreateVideoGenerationInput {
  const { apiGeneration, promptOptimizer, subjectImage, tags } = generation;
  const clips = (urls: string[]) => (urls.length > 0 ? urls.map((url) => ({ url })) : null);
  const given = {
    model: generation.model,
    prompt: generation.prompt,
    duration: generation.duration,
    resolution: generation.resolution,
    aspectRatio: generation.aspectRatio,
    firstFrameImage: generation.firstFrameImage,
    lastFrameImage: generation.lastFrameImage,
    subjectReference: subjectImage === null ? null : [{ image: [subjectImage] }],
    referenceImages: generation.referenceImages.length > 0 ? generation.referenceImages : null,
    referenceVideos: clips(generation.referenceVideos),
    referenceAudios: clips(generation.referenceAudios),
    promptExpansion: generation.promptExpansion,
    promptOptimizer: apiGeneration === 1 ? promptOptimizer : null,
    fastPretreatment: generation.fastPretreatment,
    aigcWatermark: generation.aigcWatermark,
    tags: tags.length > 0 ? tags : null,
    webhookUrl: generation.webhookUrl,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null),
  ) as unknown as CreateVideoGenerationInput;
}

const question = `query ($id: ID!) {
  generation(id: $id) {
    id status version model prompt duration resolution callerId createdAt completedAt
    videoUrl videoUrlExpiresAt cost { amount currency } listPrice { amount currency }
    failure { kind message retryable upstreamCode upstreamMessage }
    events { sequence occurredAt action httpStatus latencyMs upstreamCode traceId }
    submissions { number outcome sentAt latencyMs taskId }
  }
}`;

/** What asks for what the page shows. */
export function asGraphql({ id }: Detail): string {
  return `${question}\n\n# Variables\n${JSON.stringify({ id }, null, 2)}\n`;
}

/** The same as a command; the key is not in it. */
export function asCurl({ id }: Detail, origin: string): string {
  const body = JSON.stringify({ query: question.replace(/\s+/g, ' '), variables: { id } });
  return [
    `curl -s ${origin}/graphql`,
    `-H 'content-type: application/json'`,
    `-H "authorization: Bearer $REELGRAPH_KEY"`,
    `--data '${body.replaceAll("'", String.raw`'\''`)}'`,
  ].join(' \\\n  ');
}

/** A gallery of generated videos without a framework. */
import {
  GenerationsDocument,
  type GenerationCardFragment,
  type GenerationsQueryVariables,
  type ReelgraphClient,
  type VideoGenerationStatus,
} from '../src/index.ts';

/** One page of the gallery and the cursor of the next one, null on the last. */
export async function loadPage(
  client: ReelgraphClient,
  variables: GenerationsQueryVariables = {},
): Promise<{ cards: GenerationCardFragment[]; next: string | null; total: string }> {
  const { generations } = await client.request(GenerationsDocument, {
    first: 12,
    orderBy: { field: 'CREATED_AT', direction: 'DESC' },
    ...variables,
  });
  const { edges, pageInfo, totalCount, totalCountIsExact } = generations;
  return {
    cards: edges.map(({ node }) => node),
    next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    total: totalCountIsExact ? `${totalCount}` : `more than ${totalCount}`,
  };
}

/** Each status has a label: a new one in the schema is a compile error here. */
const labels: Record<VideoGenerationStatus, string> = {
  QUEUED: 'Waiting',
  SUBMITTING: 'Being sent',
  PROCESSING: 'In the making',
  SUCCEEDED: 'Ready',
  FAILED: 'Failed',
  CANCELLED: 'Withdrawn',
  UNCERTAIN: 'Being looked into',
};

/** The HTML of one card. */
export function renderCard(card: GenerationCardFragment): string {
  const size =
    card.videoWidth !== null && card.videoHeight !== null
      ? ` width="${card.videoWidth}" height="${card.videoHeight}"`
      : '';
  const video =
    card.videoUrl === null
      ? ''
      : `<video controls preload="metadata" src="${escapeHtml(card.videoUrl)}"${size}></video>`;
  return `<article id="${escapeHtml(card.id)}">
  ${video}
  <h2>${escapeHtml(card.prompt ?? card.model)}</h2>
  <p>${labels[card.status]}${card.failure ? `: ${escapeHtml(card.failure.message)}` : ''}</p>
  <time datetime="${card.createdAt}">${new Date(card.createdAt).toLocaleString()}</time>
</article>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A gallery of generated videos without a framework: how a front end uses the generated documents and types. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient, type ClientOptions } from 'graphql-ws';
import {
  CreateVideoGenerationDocument,
  GenerationsDocument,
  GenerationUpdatedDocument,
  type CreateVideoGenerationInput,
  type GenerationCardFragment,
  type GenerationsQueryVariables,
  type GenerationUpdatedSubscription,
  type UserErrorDetailsFragment,
  type VideoGenerationStatus,
} from '../generated/graphql.ts';

/** The API refused an operation; decide by `code`, e.g. `NOT_FOUND`. */
export class ApiError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

interface GraphqlAnswer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** What the API at `endpoint` answers, with the types of the operation that is asked. */
export function connect(endpoint: string) {
  /** The `data` of one query or mutation; throws an `ApiError` when any part of it failed. */
  async function request<Result, Variables>(
    document: TypedDocumentNode<Result, Variables>,
    variables: NoInfer<Variables>,
  ): Promise<Result> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const answer = await readAnswer<Result>(response);
    const [error] = answer.errors ?? [];
    if (error) throw new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message);
    if (answer.data == null) throw new ApiError('NO_DATA', 'The API answered without data.');
    return answer.data;
  }

  return { request };
}

/** A proxy in between may answer with something else than GraphQL. */
async function readAnswer<Result>(response: Response): Promise<GraphqlAnswer<Result>> {
  try {
    return (await response.json()) as GraphqlAnswer<Result>;
  } catch {
    throw new ApiError('NOT_GRAPHQL', `The server answered ${response.status} without JSON.`);
  }
}

export type Api = ReturnType<typeof connect>;

/** One page of the gallery and the cursor of the next one, null on the last. */
export async function loadPage(
  { request }: Api,
  variables: GenerationsQueryVariables = {},
): Promise<{ cards: GenerationCardFragment[]; next: string | null; total: string }> {
  const { generations } = await request(GenerationsDocument, {
    first: 12,
    orderBy: { field: 'CREATED_AT', direction: 'DESC' },
    ...variables,
  });
  const { nodes, pageInfo, totalCount, totalCountIsExact } = generations;
  return {
    cards: nodes,
    next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    total: totalCountIsExact ? `${totalCount}` : `more than ${totalCount}`,
  };
}

/**
 * The card of a new video, or what the form must show beside its fields.
 *
 * Whoever asks again, since no answer came or the button was pressed twice,
 * gives the same `idempotencyKey`: the video is then made and paid for once.
 */
export async function requestVideo(
  { request }: Api,
  input: CreateVideoGenerationInput,
): Promise<{ card: GenerationCardFragment } | { problems: UserErrorDetailsFragment[] }> {
  const { createVideoGeneration } = await request(CreateVideoGenerationDocument, {
    input: { idempotencyKey: crypto.randomUUID(), ...input },
  });
  const { generation, userErrors } = createVideoGeneration;
  return generation ? { card: generation } : { problems: userErrors };
}

/** The card as it is now and after each change, until it is final. In Node, give `webSocketImpl`. */
export async function* follow(
  webSocketUrl: string,
  id: string,
  options: Partial<ClientOptions> = {},
): AsyncGenerator<GenerationCardFragment> {
  const client = createClient({ url: webSocketUrl, ...options });
  try {
    const answers = client.iterate<GenerationUpdatedSubscription>({
      query: print(GenerationUpdatedDocument),
      variables: { id },
    });
    for await (const { data, errors } of answers) {
      const [error] = errors ?? [];
      if (error) throw new ApiError(String(error.extensions?.['code']), error.message);
      if (data) yield data.generationUpdated;
    }
  } finally {
    await client.dispose();
  }
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

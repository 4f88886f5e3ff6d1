/** A gallery with urql and its document cache. */
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws/client';
import {
  CreateVideoGenerationDocument,
  GenerationsDocument,
  GenerationUpdatedDocument,
  type CreateVideoGenerationInput,
  type GenerationProgressFragment,
} from '../src/index.ts';
import { typedDocument } from './typed-document.ts';

const generations = typedDocument(GenerationsDocument);
const createVideoGeneration = typedDocument(CreateVideoGenerationDocument);
const generationUpdated = typedDocument(GenerationUpdatedDocument);

/** In Node 20, give the WebSocket of the package `ws`. */
export function createUrqlClient(url: string, apiKey: string, webSocketImpl?: unknown): Client {
  const authorization = `Bearer ${apiKey}`;
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { authorization },
    webSocketImpl,
  });
  return new Client({
    url,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query: query!, variables }, sink),
          }),
        }),
      }),
    ],
  });
}

/** The newest generations; a source that tells again when one was created. */
export function watchGallery(client: Client, first: number) {
  // An empty list does not say of what it is a list.
  const context = { additionalTypenames: ['VideoGeneration'] };
  return client.query(generations, { first }, context);
}

/** Requests a video; every list that is looked at is fetched again. */
export async function createVideo(client: Client, input: CreateVideoGenerationInput) {
  const { data, error } = await client.mutation(createVideoGeneration, { input });
  if (error) throw error;
  return data!.createVideoGeneration;
}

/** Calls `show` with each state, until it is final. */
export function followVideo(
  client: Client,
  id: string,
  version: number,
  show: (state: GenerationProgressFragment) => void,
): { unsubscribe: () => void } {
  return client
    .subscription(generationUpdated, { id, afterVersion: version })
    .subscribe(({ data, error }) => {
      if (error) throw error;
      if (data) show(data.generationUpdated);
    });
}

/** A gallery with Apollo Client 4: a normalized cache that every answer and every update keeps true. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, type Reference } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws/client';
import { OperationTypeNode } from 'graphql';
import {
  CreateVideoGenerationDocument,
  GenerationsDocument,
  GenerationUpdatedDocument,
  type CreateVideoGenerationInput,
} from '../src/index.ts';
import { typedDocument } from './typed-document.ts';

const generations = typedDocument(GenerationsDocument);
const createVideoGeneration = typedDocument(CreateVideoGenerationDocument);
const generationUpdated = typedDocument(GenerationUpdatedDocument);

/** In Node 20, give the WebSocket of the package `ws`. */
export function createApolloClient(url: string, webSocketImpl?: unknown): ApolloClient {
  const overWebSocket = new GraphQLWsLink(
    createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl }),
  );
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      overWebSocket,
      new HttpLink({ uri: url }),
    ),
    cache: new InMemoryCache({
      // Fragments on Node fit every type that has an id.
      possibleTypes: { Node: ['VideoGeneration'] },
      typePolicies: {
        Query: {
          fields: {
            generations: relayStylePagination(['filter', 'orderBy']),
            // One that is in the cache by way of a list need not be fetched.
            generation: {
              read: (known: Reference | undefined, { args, toReference }) =>
                known ?? toReference({ __typename: 'VideoGeneration', id: args?.['id'] as string }),
            },
          },
        },
      },
    }),
  });
}

/** The newest generations, for as long as somebody looks: `fetchMore` adds a page to them. */
export function watchGallery(client: ApolloClient, first: number) {
  return client.watchQuery({ query: generations, variables: { first } });
}

/** Requests a video, and puts it first in the list of `watchGallery`. */
export async function createVideo(client: ApolloClient, input: CreateVideoGenerationInput) {
  const { data } = await client.mutate({
    mutation: createVideoGeneration,
    variables: { input },
    update: (cache, { data }) => {
      const { generation, generationEdge } = data?.createVideoGeneration ?? {};
      if (!generation || !generationEdge) return;
      cache.updateQuery({ query: generations }, (known) => {
        // The answer to a repeated request may be in the list already.
        if (!known || known.generations.edges.some(({ node }) => node.id === generation.id)) return;
        const edge = { ...generationEdge, node: generation };
        const edges = [edge, ...known.generations.edges];
        const pageInfo = { ...known.generations.pageInfo, startCursor: edge.cursor };
        return { generations: { ...known.generations, edges, pageInfo } };
      });
    },
  });
  return data!.createVideoGeneration;
}

/** Keeps the generation in the cache as it is on the server until it is final. */
export function followVideo(client: ApolloClient, id: string, version: number): Promise<void> {
  return new Promise((done, fail) => {
    client
      .subscribe({ query: generationUpdated, variables: { id, afterVersion: version } })
      .subscribe({
        next: ({ error }) => {
          if (error) fail(new Error(error.message, { cause: error }));
        },
        error: fail,
        complete: done,
      });
  });
}

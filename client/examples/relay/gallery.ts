/** A gallery with Relay. What a component would read with hooks is read here from the store, without React. */
import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getFragment,
  getRequest,
  getSelector,
  requestSubscription,
  type Environment,
  type GraphQLTaggedNode,
  type SingularReaderSelector,
} from 'relay-runtime';
import type { gallery_card$data, gallery_card$key } from './__generated__/gallery_card.graphql.ts';
import type { gallery_list$data, gallery_list$key } from './__generated__/gallery_list.graphql.ts';
import type { galleryCardQuery } from './__generated__/galleryCardQuery.graphql.ts';
import type { galleryCreateMutation } from './__generated__/galleryCreateMutation.graphql.ts';
import type { galleryPageQuery } from './__generated__/galleryPageQuery.graphql.ts';
import type { galleryQuery } from './__generated__/galleryQuery.graphql.ts';
import type { galleryUpdatedSubscription } from './__generated__/galleryUpdatedSubscription.graphql.ts';
import { graphql, refetchQueries } from './graphql.ts';

const cardFragment = graphql`
  fragment gallery_card on VideoGeneration @refetchable(queryName: "galleryCardQuery") {
    id
    status
    version
    prompt
    videoUrl
    failure {
      kind
      message
    }
  }
`;

const listFragment = graphql`
  fragment gallery_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 12 }, cursor: { type: "String" })
  @refetchable(queryName: "galleryPageQuery") {
    generations(first: $count, after: $cursor) @connection(key: "gallery_generations") {
      __id
      edges {
        node {
          id
          ...gallery_card
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const listQuery = graphql`
  query galleryQuery($count: Int!) {
    ...gallery_list @arguments(count: $count)
  }
`;

const createMutation = graphql`
  mutation galleryCreateMutation($input: CreateVideoGenerationInput!, $connections: [ID!]!) {
    createVideoGeneration(input: $input) {
      generationEdge @prependEdge(connections: $connections) {
        cursor
        node {
          id
          version
          ...gallery_card
        }
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`;

const updatedSubscription = graphql`
  subscription galleryUpdatedSubscription($id: ID!, $afterVersion: Int) {
    generationUpdated(id: $id, afterVersion: $afterVersion) {
      ...gallery_card
    }
  }
`;

export type Card = gallery_card$data;
type List = NonNullable<gallery_list$data['generations']>;

/** Fetches the first page, and keeps what the store knows of the list until the function that it gives is called. */
export async function openGallery(environment: Environment, count: number): Promise<() => void> {
  const operation = createOperationDescriptor(getRequest(listQuery), { count });
  const { dispose } = environment.retain(operation);
  await fetchQuery<galleryQuery>(environment, listQuery, { count }).toPromise();
  return dispose;
}

/** The cards as the store has them: no request is made. */
export function readCards(environment: Environment, count: number): Card[] {
  return readList(environment, count).edges.map(({ node }) => readCard(environment, node));
}

/** Fetches the next page into the same list; false when there is none. */
export async function loadMore(environment: Environment, count: number): Promise<boolean> {
  const { pageInfo } = readList(environment, count);
  if (!pageInfo.hasNextPage) return false;
  const variables = { count, cursor: pageInfo.endCursor };
  const { galleryPageQuery } = refetchQueries;
  await fetchQuery<galleryPageQuery>(environment, galleryPageQuery, variables).toPromise();
  return true;
}

/** Requests a video, whose card then comes first in the list; its id, or the problems of the input. */
export function createCard(
  environment: Environment,
  count: number,
  input: galleryCreateMutation['variables']['input'],
) {
  const connections = [readList(environment, count).__id];
  return new Promise<galleryCreateMutation['response']['createVideoGeneration']>((done, fail) => {
    commitMutation<galleryCreateMutation>(environment, {
      mutation: createMutation,
      variables: { input, connections },
      onCompleted: ({ createVideoGeneration }) => done(createVideoGeneration),
      onError: fail,
    });
  });
}

/** Keeps the card in the store as it is on the server until it is final. */
export function followCard(environment: Environment, id: string, version: number): Promise<void> {
  return new Promise((done, fail) => {
    requestSubscription<galleryUpdatedSubscription>(environment, {
      subscription: updatedSubscription,
      variables: { id, afterVersion: version },
      onCompleted: () => done(),
      onError: fail,
    });
  });
}

/** Fetches one card anew, by `node(id)`, e.g. for a link that has not expired. */
export async function refetchCard(environment: Environment, id: string): Promise<void> {
  await fetchQuery<galleryCardQuery>(environment, refetchQueries.galleryCardQuery, {
    id,
  }).toPromise();
}

function readList(environment: Environment, count: number): List {
  const { fragment } = createOperationDescriptor(getRequest(listQuery), { count });
  const root = environment.lookup(fragment).data as galleryQuery['response'];
  return (readFragment(environment, listFragment, root) as gallery_list$data).generations;
}

function readCard(environment: Environment, node: gallery_card$key): Card {
  return readFragment(environment, cardFragment, node) as Card;
}

function readFragment(
  environment: Environment,
  fragment: GraphQLTaggedNode,
  reference: gallery_card$key | gallery_list$key,
): unknown {
  const selector = getSelector(getFragment(fragment), reference) as SingularReaderSelector;
  return environment.lookup(selector).data;
}

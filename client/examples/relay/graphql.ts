/** What babel-plugin-relay does when it compiles an app: each tagged document becomes its artifact. */
import type { GraphQLTaggedNode } from 'relay-runtime';
import gallery_card from './__generated__/gallery_card.graphql.ts';
import gallery_list from './__generated__/gallery_list.graphql.ts';
import galleryCardQuery from './__generated__/galleryCardQuery.graphql.ts';
import galleryCreateMutation from './__generated__/galleryCreateMutation.graphql.ts';
import galleryPageQuery from './__generated__/galleryPageQuery.graphql.ts';
import galleryQuery from './__generated__/galleryQuery.graphql.ts';
import galleryUpdatedSubscription from './__generated__/galleryUpdatedSubscription.graphql.ts';

const artifacts: Record<string, GraphQLTaggedNode> = {
  gallery_card,
  gallery_list,
  galleryCreateMutation,
  galleryQuery,
  galleryUpdatedSubscription,
};

/** Relay makes these two for `@refetchable`. */
export const refetchQueries = { galleryCardQuery, galleryPageQuery };

export function graphql([text]: TemplateStringsArray): GraphQLTaggedNode {
  const [, name] = /(?:query|fragment|mutation|subscription) (\w+)/.exec(text!)!;
  return artifacts[name!]!;
}

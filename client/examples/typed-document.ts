import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse } from 'graphql';
import type { TypedDocumentString } from '../src/index.ts';

/** A document as Apollo Client and urql want it, with its types. Call it once for each, outside of components. */
export function typedDocument<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
): TypedDocumentNode<Result, Variables> {
  return parse(document.toString());
}

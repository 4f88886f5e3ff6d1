import type { TypedDocument } from '../../../client/src/http.ts';
import { texts } from '../texts.ts';
import { Copy } from './copy.tsx';
import { asGraphql } from './runnable.ts';

/** Copies what asks the API for what a page shows, as GraphQL or as a command; the key is in neither. */
export function CopyAs<Result, Variables>(props: {
  document: TypedDocument<Result, Variables>;
  variables: NoInfer<Variables> & object;
}) {
  const { document, variables } = props;
  const query = document.toString();
  const asCurl = () => {
    const body = JSON.stringify({ query: query.replace(/\s+/g, ' ').trim(), variables });
    return [
      `curl -s ${location.origin}/graphql`,
      `-H 'content-type: application/json'`,
      `-H "authorization: Bearer $REELGRAPH_KEY"`,
      `--data '${body.replaceAll("'", String.raw`'\''`)}'`,
    ].join(' \\\n  ');
  };
  return (
    <>
      <Copy label={texts.copyGraphql} text={() => asGraphql(query, variables)} />
      <Copy label={texts.copyCurl} text={asCurl} />
    </>
  );
}

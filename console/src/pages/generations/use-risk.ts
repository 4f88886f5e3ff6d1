import { useQuery } from '@tanstack/react-query';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { SentPricesDocument, type RowFragment } from '../../../generated/graphql.ts';
import { riskOf, type Sent } from '../../parts/money.ts';

const mostAtOnce = 100;

/** What it may come to when these are sent once more. */
export function useRisk(rows: readonly RowFragment[]) {
  const client = useReelgraph();
  const ids = rows.map(({ id }) => id);
  return useQuery({
    queryKey: ['risk', ids],
    queryFn: async ({ signal }) => {
      const sent: Sent[] = [];
      for (let from = 0; from < ids.length; from += mostAtOnce) {
        const part = { ids: ids.slice(from, from + mostAtOnce) };
        sent.push(
          ...(await client.request(SentPricesDocument, part, { signal })).generations.nodes,
        );
      }
      return riskOf(sent);
    },
    enabled: ids.length > 0,
  });
}

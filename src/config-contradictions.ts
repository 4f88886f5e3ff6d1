/** The variables that are set. */
export type Given = Record<string, string | undefined>;

export const isProduction = (given: Given) => given['NODE_ENV'] === 'production';

/** Whether MiniMax is played by the simulator. */
export function isSimulated(given: Given): boolean {
  return (
    given['SIMULATOR'] === 'on' ||
    (given['SIMULATOR'] === undefined && !given['MINIMAX_API_KEY'] && !isProduction(given))
  );
}

/** What is wrong with variables that are each right by themselves. */
export function contradictions(given: Given): string[] {
  const problems: string[] = [];
  const production = isProduction(given);
  const simulated = isSimulated(given);
  if (!simulated && !given['MINIMAX_API_KEY'] && (production || given['SIMULATOR'] === 'off')) {
    problems.push(
      production
        ? 'MINIMAX_API_KEY is required when NODE_ENV is production; to run on the simulator there, say SIMULATOR=on'
        : 'MINIMAX_API_KEY is required when SIMULATOR is off',
    );
  }
  if (given['DATABASE_DIRECT_URL'] && !given['DATABASE_URL']) {
    problems.push('DATABASE_URL is required when DATABASE_DIRECT_URL is set');
  }
  if (given['OIDC_ISSUER'] && !given['OIDC_AUDIENCE']) {
    problems.push(
      'OIDC_AUDIENCE is required when OIDC_ISSUER is set: the audience of tokens for this service',
    );
  }
  if (given['OIDC_CONSOLE_CLIENT_ID'] && !given['OIDC_ISSUER']) {
    problems.push(
      'OIDC_ISSUER is required when OIDC_CONSOLE_CLIENT_ID is set: where people sign in',
    );
  }
  if (production && given['OPEN_ACCESS'] === 'on') {
    problems.push(
      'OPEN_ACCESS must not be on when NODE_ENV is production: make a key with "node dist/cli/keys.js create"',
    );
  }
  if (production && given['WEBHOOK_ALLOW_PRIVATE'] === 'on') {
    problems.push(
      'WEBHOOK_ALLOW_PRIVATE must not be on when NODE_ENV is production: every caller could have this service write to its own network',
    );
  }
  if (given['APOLLO_KEY'] && !given['APOLLO_GRAPH_REF']) {
    problems.push('APOLLO_GRAPH_REF is required when APOLLO_KEY is set, such as my-graph@current');
  }
  return [...problems, ...mediaContradictions(given)];
}

/** What is wrong with variables about media that are each right by themselves. */
function mediaContradictions(given: Given): string[] {
  const problems: string[] = [];
  const pairs = [
    ['MEDIA_ACCESS_KEY_ID', 'MEDIA_SECRET_ACCESS_KEY'],
    ['MEDIA_SECRET_ACCESS_KEY', 'MEDIA_ACCESS_KEY_ID'],
    ['MEDIA_ENDPOINT', 'MEDIA_BUCKET'],
  ] as const;
  for (const [one, other] of pairs) {
    if (given[one] && !given[other]) problems.push(`${other} is required when ${one} is set`);
  }
  if (given['MEDIA_KEEP_VIDEOS'] === 'tagged' && !given['MEDIA_KEEP_TAGS']) {
    problems.push('MEDIA_KEEP_TAGS is required when MEDIA_KEEP_VIDEOS is tagged');
  }
  if (given['MEDIA_REDIRECT'] === 'on' && !given['MEDIA_BUCKET']) {
    problems.push('MEDIA_BUCKET is required when MEDIA_REDIRECT is on');
  }
  return problems;
}

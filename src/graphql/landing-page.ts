import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { Express } from 'express';

export interface Tour {
  /** A GraphQL document whose operations are run one after the other. */
  document: string;
  variables: Record<string, unknown>;
}

/** Apollo's embeddable Sandbox: served by Apollo only, hence the page without it. */
const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js';

/**
 * Pages to explore the API in a browser: Apollo Sandbox at `/`, and GraphiQL,
 * which needs no internet, at `/graphiql`. Both open with the tour.
 */
export function mountLandingPages(app: Express, tour: Tour, notice: string): void {
  const graphiql = renderGraphiQL({
    title: 'Reelgraph · GraphiQL',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultQuery: tour.document,
    defaultVariables: JSON.stringify(tour.variables, null, 2),
  } as Parameters<typeof renderGraphiQL>[0]);
  const landing = landingHtml(tour, notice);
  app.get('/', (_request, response) => {
    response.type('html').send(landing);
  });
  app.get('/graphiql', (_request, response) => {
    response.type('html').send(graphiql);
  });
}

function landingHtml(tour: Tour, notice: string): string {
  const state = { document: tour.document, variables: tour.variables };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reelgraph</title>
<style>
  * { box-sizing: border-box; }
  html, body { height: 100%; margin: 0; }
  body { display: flex; flex-direction: column; font: 14px/1.4 system-ui, sans-serif; color: #15252d; }
  header { display: flex; flex-wrap: wrap; gap: 4px 18px; align-items: baseline; padding: 10px 16px; background: #15252d; color: #e8eef1; }
  header strong { font-size: 16px; color: #fff; }
  header a { color: #9fd8ff; }
  header span { flex: 1 1 20em; }
  main { flex: 1; min-height: 0; }
  main > * { width: 100%; height: 100%; border: 0; }
</style>
</head>
<body>
<header>
  <strong>Reelgraph</strong>
  <span>${notice}</span>
  <a href="/graphiql">GraphiQL (works offline)</a>
  <a href="/schema.graphql">schema.graphql</a>
</header>
<main id="sandbox"></main>
<script>
  function showSandbox() {
    new window.EmbeddedSandbox({
      target: '#sandbox',
      initialEndpoint: new URL('/graphql', location.href).href,
      initialSubscriptionEndpoint: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
      initialState: ${embed({ ...state, pollForSchemaUpdates: false })},
      runTelemetry: false,
    });
  }
  function showGraphiql() {
    var frame = document.createElement('iframe');
    frame.title = 'GraphiQL';
    frame.src = '/graphiql';
    document.getElementById('sandbox').replaceChildren(frame);
  }
</script>
<script src="${sandboxScript}" onload="showSandbox()" onerror="showGraphiql()"></script>
</body>
</html>
`;
}

/** JSON that may stand inside a script element. */
function embed(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Express, RequestHandler } from 'express';

export interface TourStep {
  /** One operation, with a comment that says what it shows. */
  document: string;
  variables?: Record<string, unknown>;
}

/** Apollo's embeddable Sandbox (as Apollo Server embeds it): served by Apollo only, hence GraphiQL beside it. */
const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';

/** A firewall that swallows packets is not told from a slow line until much later. */
const sandboxPatienceMs = 5_000;

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#15252d"/><path d="M11 8.5v15L24 16z" fill="#9fd8ff"/></svg>`;

/**
 * Pages to explore the API in a browser: Apollo Sandbox at `/`, and GraphiQL at
 * `/graphiql`, which needs no internet and takes Sandbox's place where Apollo's
 * script does not come. Both open with the tour.
 */
export function mountLandingPages(app: Express, tour: readonly TourStep[], notice: string): void {
  const landing = landingHtml(tour, notice);
  const landingPolicy = policyFor(landing, {
    script: [new URL(sandboxScript).origin],
    frame: ["'self'", 'https://sandbox.embed.apollographql.com'],
  });
  app.get('/', (_request, response) => {
    response.set('Content-Security-Policy', landingPolicy).type('html').send(landing);
  });
  app.get('/graphiql', async (_request, response) => {
    const { version } = await loadGraphiql();
    const html = graphiqlHtml(tour, version);
    response
      .set('Content-Security-Policy', policyFor(html, { script: [], frame: ["'none'"] }))
      .type('html')
      .send(html);
  });
  app.get('/graphiql/:version/:file', async (request, response, next) => {
    const { version, files } = await loadGraphiql();
    const file = files.get(request.params.file);
    if (request.params.version !== version || !file) return next();
    response.set('Cache-Control', 'public, max-age=31536000, immutable').vary('Accept-Encoding');
    response.type(request.params.file);
    if (request.acceptsEncodings('gzip')) {
      response.set('Content-Encoding', 'gzip').send(await file.gzipped());
    } else response.send(file.content);
  });
  app.get('/graphql', redirectBrowsers);
  app.get('/favicon.ico', (_request, response) => {
    response.type('image/svg+xml').send(icon);
  });
}

/**
 * The content security policy of a page to explore the API: its own scripts by
 * their hash, those of this service, and what is named.
 */
function policyFor(html: string, allowed: { script: string[]; frame: string[] }): string {
  const hashes = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash('sha256').update(script!).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${[...hashes, ...allowed.script].join(' ')}`,
    // The editors set styles as they go.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data: https:",
    "media-src 'self' https:",
    "worker-src 'self'",
    "connect-src 'self' ws: wss:",
    `frame-src ${allowed.frame.join(' ')}`,
    "frame-ancestors 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Somebody who opens the API's address in a browser means the page to explore it. */
const redirectBrowsers: RequestHandler = (request, response, next) => {
  const isPageView =
    request.query['query'] === undefined && request.accepts(['json', 'html']) === 'html';
  if (isPageView) response.redirect('/');
  else next();
};

interface Graphiql {
  /** Part of the files' addresses, so that browsers may keep them for good. */
  version: string;
  files: ReadonlyMap<string, { content: string; gzipped(): Promise<Buffer> }>;
}

let graphiql: Promise<Graphiql> | undefined;

/** GraphiQL's scripts and styles; read when first asked for, since they are 9 MB. */
function loadGraphiql(): Promise<Graphiql> {
  graphiql ??= import('@graphql-yoga/render-graphiql/graphiql').then((bundle) => {
    const contents = {
      'graphiql.js': bundle.js,
      'graphiql.css': bundle.css,
      'editorWorkerService.js': bundle.editorWorkerService,
      'json.js': bundle.jsonWorker,
      'graphql.js': bundle.graphqlWorker,
    };
    const hash = createHash('sha256');
    for (const content of Object.values(contents)) hash.update(content);
    const files = Object.entries(contents).map(([name, content]) => {
      let gzipped: Promise<Buffer> | undefined;
      return [name, { content, gzipped: () => (gzipped ??= promisify(gzip)(content)) }] as const;
    });
    return { version: hash.digest('hex').slice(0, 12), files: new Map(files) };
  });
  return graphiql;
}

/** GraphiQL with a tab for each step. */
function graphiqlHtml(tour: readonly TourStep[], version: string): string {
  const options = {
    title: 'Reelgraph',
    logo: icon,
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    // Headers may hold a key: kept in the browser only for those who say so in the settings.
    shouldPersistHeaders: false,
    showPersistHeadersSettings: true,
    defaultTabs: tour.map(({ document, variables }) => ({
      query: document,
      variables: variables ? JSON.stringify(variables, null, 2) : '',
    })),
  };
  return `<!doctype html>
<html lang="en">
<head>
${head('Reelgraph · GraphiQL')}
<link rel="stylesheet" href="/graphiql/${version}/graphiql.css">
<style>
  html, body, #graphiql { height: 100%; margin: 0; }
  .graphiql-logo svg { width: 24px; height: 24px; }
  /* Their opening animation ends at the first press and moves them from under the pointer: the click is lost. */
  .graphiql-container .graphiql-tab { transform: none !important; }
  @media (max-width: 700px) {
    .graphiql-container .graphiql-logo { display: none; }
    .graphiql-container .graphiql-main, .graphiql-sessions > :last-child { flex-direction: column; }
    .graphiql-sessions > :last-child > .graphiql-horizontal-drag-bar { display: none; }
    .graphiql-container .graphiql-response { padding: 0; }
  }
</style>
</head>
<body>
<noscript>GraphiQL needs JavaScript. The schema is at <a href="/schema.graphql">/schema.graphql</a>.</noscript>
<main id="graphiql"></main>
<script>
  self.MonacoEnvironment = {
    getWorkerUrl: function (_module, label) { return '/graphiql/${version}/' + label + '.js'; },
  };
</script>
<script src="/graphiql/${version}/graphiql.js"></script>
<script>
  // Other services that were tried on this port have left their tabs under GraphiQL's own names.
  var prefix = 'reelgraph:';
  var storage = {
    getItem: function (name) { return localStorage.getItem(prefix + name); },
    setItem: function (name, value) { localStorage.setItem(prefix + name, value); },
    removeItem: function (name) { localStorage.removeItem(prefix + name); },
    names: function () { return Object.keys(localStorage).filter(function (name) { return name.indexOf(prefix) === 0; }); },
    get length() { return this.names().length; },
    clear: function () { this.names().forEach(function (name) { localStorage.removeItem(name); }); },
  };
  var options = ${embed(options)};
  options.storage = storage;
  // Else each reload adds a tab, unless the open one happens to be the one that was edited last.
  var saved = JSON.parse(storage.getItem('graphiql:tabState') || 'null');
  var open = saved && saved.tabs && saved.tabs[saved.activeTabIndex];
  if (open && !new URLSearchParams(location.search).has('query')) {
    options.initialQuery = open.query || '';
    options.initialVariables = open.variables || '';
    options.initialHeaders = open.headers || undefined;
  }
  // In place of the one that writes the whole query into the address.
  options.onEditQuery = function () {};
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('graphiql'), options);
</script>
</body>
</html>
`;
}

/** Apollo Sandbox with all steps in one document, or GraphiQL where it cannot be had. */
function landingHtml(tour: readonly TourStep[], notice: string): string {
  // Apollo's documentation: https://www.apollographql.com/docs/graphos/platform/sandbox#embedding-sandbox
  const options = {
    target: '#explorer',
    endpointIsEditable: false,
    initialState: {
      document: tour.map(({ document }) => document).join('\n'),
      variables: Object.assign({}, ...tour.map(({ variables }) => variables)) as object,
      includeCookies: false,
      pollForSchemaUpdates: false,
    },
    runTelemetry: false,
  };
  return `<!doctype html>
<html lang="en">
<head>
${head('Reelgraph')}
<style>
  * { box-sizing: border-box; }
  html, body { height: 100%; margin: 0; }
  body { display: flex; flex-direction: column; font: 14px/1.4 system-ui, sans-serif; color: #15252d; background: #fff; }
  header { display: flex; flex-wrap: wrap; gap: 4px 18px; align-items: baseline; padding: 10px 16px; background: #15252d; color: #e8eef1; }
  h1 { margin: 0; font-size: 16px; color: #fff; }
  p { flex: 1 1 20em; margin: 0; }
  a { color: #9fd8ff; }
  main { flex: 1; min-height: 0; }
  main > * { width: 100%; height: 100%; border: 0; }
</style>
</head>
<body>
<header>
  <h1>Reelgraph</h1>
  <p>${escapeHtml(notice)}</p>
  <a href="/graphiql">GraphiQL (works offline)</a>
  <a href="/schema.graphql">schema.graphql</a>
</header>
<main id="explorer"></main>
<noscript>The explorer needs JavaScript. The schema is at <a href="/schema.graphql">/schema.graphql</a>.</noscript>
<script>
  var shown = false;
  function showSandbox() {
    if (shown) return;
    shown = true;
    var options = ${embed(options)};
    options.initialEndpoint = new URL('/graphql', location.href).href;
    options.initialSubscriptionEndpoint = options.initialEndpoint.replace(/^http/, 'ws');
    try {
      new window.EmbeddedSandbox(options);
    } catch (error) {
      shown = false;
      showGraphiql();
    }
  }
  function showGraphiql() {
    if (shown) return;
    shown = true;
    var frame = document.createElement('iframe');
    frame.title = 'GraphiQL';
    frame.src = '/graphiql';
    document.getElementById('explorer').replaceChildren(frame);
  }
  setTimeout(showGraphiql, ${sandboxPatienceMs});
  var script = document.createElement('script');
  script.src = ${embed(sandboxScript)};
  script.onload = showSandbox;
  script.onerror = showGraphiql;
  document.head.append(script);
</script>
</body>
</html>
`;
}

function head(title: string): string {
  return `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<title>${escapeHtml(title)}</title>`;
}

/** JSON that may stand inside a script element. */
function embed(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

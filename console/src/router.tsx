import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { readAuditSearch } from './pages/audit/search.ts';
import { readListSearch } from './pages/generations/search.ts';
import { anyText, oneOf, readWords } from './parts/address.ts';
import { NotFound, Broken } from './parts/not-found.tsx';
import { Shell } from './shell.tsx';
import { texts } from './texts.ts';

const root = createRootRoute({ component: Shell });
const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path });

/** Each comes when it is first needed. */
const pages = {
  overview: () => import('./pages/overview/page.tsx'),
  generations: () => import('./pages/generations/page.tsx'),
  generation: () => import('./pages/generation/page.tsx'),
  make: () => import('./pages/make/page.tsx'),
  uncertain: () => import('./pages/uncertain/page.tsx'),
  audit: () => import('./pages/audit/page.tsx'),
  keys: () => import('./pages/keys/page.tsx'),
  webhooks: () => import('./pages/webhooks/page.tsx'),
  accounts: () => import('./pages/accounts/page.tsx'),
  media: () => import('./pages/media/page.tsx'),
  settings: () => import('./pages/settings/page.tsx'),
};

/**
 * Loads them all, once the first is there: whoever opens another while the service is away gets a page
 * that says so, and not what the browser shows for an address that does not answer.
 */
export async function loadPages(): Promise<void> {
  await Promise.allSettled(Object.values(pages).map((load) => load()));
}

export const overviewRoute = createRoute({
  ...at('/'),
  validateSearch: (search: Record<string, unknown>) =>
    readWords({ days: oneOf(texts.overview.periods) }, search),
  component: lazyRouteComponent(pages.overview, 'Overview'),
});
export const generationsRoute = createRoute({
  ...at('/generations'),
  validateSearch: readListSearch,
  component: lazyRouteComponent(pages.generations, 'Generations'),
});
export const generationRoute = createRoute({
  ...at('/generations/$id'),
  component: lazyRouteComponent(pages.generation, 'Generation'),
});
export const makeRoute = createRoute({
  ...at('/make'),
  validateSearch: (search: Record<string, unknown>) => readWords({ model: anyText }, search),
  component: lazyRouteComponent(pages.make, 'Make'),
});
export const uncertainRoute = createRoute({
  ...at('/uncertain'),
  component: lazyRouteComponent(pages.uncertain, 'Uncertain'),
});
export const auditRoute = createRoute({
  ...at('/audit'),
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(pages.audit, 'Audit'),
});
export const keysRoute = createRoute({
  ...at('/keys'),
  component: lazyRouteComponent(pages.keys, 'Keys'),
});
export const webhooksRoute = createRoute({
  ...at('/webhooks'),
  component: lazyRouteComponent(pages.webhooks, 'Webhooks'),
});
export const accountsRoute = createRoute({
  ...at('/accounts'),
  component: lazyRouteComponent(pages.accounts, 'Accounts'),
});
export const mediaRoute = createRoute({
  ...at('/media'),
  component: lazyRouteComponent(pages.media, 'Media'),
});
export const settingsRoute = createRoute({
  ...at('/settings'),
  component: lazyRouteComponent(pages.settings, 'Settings'),
});

/** The pages below /console. What is searched for stands in the address as plain words. */
export function createConsoleRouter() {
  return createRouter({
    routeTree: root.addChildren([
      ...[overviewRoute, generationsRoute, generationRoute, makeRoute, uncertainRoute],
      ...[auditRoute, keysRoute, webhooksRoute, accountsRoute, mediaRoute, settingsRoute],
    ]),
    basepath: '/console',
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const given = Object.entries(search).filter(([, value]) => value !== undefined);
      const text = new URLSearchParams(given as [string, string][]).toString();
      return text && `?${text}`;
    },
    defaultPreload: 'intent',
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { readAuditSearch } from './pages/audit/search.ts';
import { readListSearch } from './pages/generations/search.ts';
import { NotFound, Broken } from './parts/not-found.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell });
const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path });

/** One word of the address, or nothing. */
const word = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

export const overviewRoute = createRoute({
  ...at('/'),
  validateSearch: (search: Record<string, unknown>): { days?: string } => ({
    days: word(search['days']),
  }),
  component: lazyRouteComponent(() => import('./pages/overview/page.tsx'), 'Overview'),
});
export const generationsRoute = createRoute({
  ...at('/generations'),
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('./pages/generations/page.tsx'), 'Generations'),
});
export const generationRoute = createRoute({
  ...at('/generations/$id'),
  component: lazyRouteComponent(() => import('./pages/generation/page.tsx'), 'Generation'),
});
export const makeRoute = createRoute({
  ...at('/make'),
  validateSearch: (search: Record<string, unknown>): { model?: string } => ({
    model: word(search['model']),
  }),
  component: lazyRouteComponent(() => import('./pages/make/page.tsx'), 'Make'),
});
export const uncertainRoute = createRoute({
  ...at('/uncertain'),
  component: lazyRouteComponent(() => import('./pages/uncertain/page.tsx'), 'Uncertain'),
});
export const auditRoute = createRoute({
  ...at('/audit'),
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('./pages/audit/page.tsx'), 'Audit'),
});
export const keysRoute = createRoute({
  ...at('/keys'),
  component: lazyRouteComponent(() => import('./pages/keys/page.tsx'), 'Keys'),
});
export const webhooksRoute = createRoute({
  ...at('/webhooks'),
  component: lazyRouteComponent(() => import('./pages/webhooks/page.tsx'), 'Webhooks'),
});
export const accountsRoute = createRoute({
  ...at('/accounts'),
  component: lazyRouteComponent(() => import('./pages/accounts/page.tsx'), 'Accounts'),
});

/** The pages below /console. What is searched for stands in the address as plain words. */
export function createConsoleRouter() {
  return createRouter({
    routeTree: root.addChildren([
      ...[overviewRoute, generationsRoute, generationRoute, makeRoute, uncertainRoute],
      ...[auditRoute, keysRoute, webhooksRoute, accountsRoute],
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

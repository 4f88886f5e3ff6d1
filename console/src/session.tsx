import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react';
import { createReelgraphClient, type ReelgraphClient } from '../../client/src/client.ts';
import { ApiError, ConnectionError } from '../../client/src/errors.ts';
import { ReelgraphProvider } from '../../client/src/react/index.ts';
import { MeDocument, type MeQuery } from '../generated/graphql.ts';
import { watchedFetch } from './api/connection.ts';
import { findWayIn, keepToken, readReturn, type Tokens } from './api/oidc.ts';
import { createAnswers } from './api/use-answer.ts';
import { texts } from './texts.ts';

export type Me = MeQuery['me'];

/** Read once: what came back is good for one sign-in. */
let returned: Promise<Tokens | undefined> | undefined;

/** Following goes on for as long as the page is open. */
const neverGiveUpMs = 1_000_000_000;
const retryMs = 2_000;

interface Session {
  client: ReelgraphClient;
  answers: QueryClient;
  me: Me;
}

type State =
  | { kind: 'asking' }
  | { kind: 'signedOut'; reason: string | null }
  | { kind: 'signedIn'; session: Session };

interface SessionActions {
  /** Resolves to why it was refused, or to null. */
  signIn: (key: string) => Promise<string | null>;
  signOut: () => void;
}

const SessionContext = createContext<(SessionActions & { me: Me }) | null>(null);

/** Who is signed in, and how to end that. */
export function useSession(): SessionActions & { me: Me } {
  return useContext(SessionContext)!;
}

/** What the caller may do, by the roles of the API: it decides again at each request. */
export function useMay() {
  const { role } = useSession().me;
  return { generate: role !== 'AUDITOR', seeAll: role !== 'CLIENT', administer: role === 'ADMIN' };
}

/**
 * Holds the key, in memory and nowhere else (docs/console.md says why), and shows the page of those
 * who have none, or its children.
 */
export function SessionProvider(props: {
  signIn: (actions: Pick<SessionActions, 'signIn'> & { reason: string | null }) => ReactNode;
  asking: ReactNode;
  children: ReactNode;
}) {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const signOut = useCallback(() => {
    setState((before) => {
      if (before.kind === 'signedIn') before.session.answers.clear();
      return { kind: 'signedOut', reason: null };
    });
  }, []);

  const enter = useCallback(async (key: string | (() => Promise<string>) | undefined) => {
    const client = createReelgraphClient({
      url: '/graphql',
      ...(key !== undefined && { apiKey: key }),
      async fetch(...request) {
        const response = await watchedFetch(...request);
        // The key is good for nothing any more, whoever has asked with it.
        if (response.status === 401) {
          setState((before) => {
            if (before.kind !== 'signedIn' || before.session.client !== client) return before;
            before.session.answers.clear();
            return { kind: 'signedOut', reason: texts.signIn.refusedNow };
          });
        }
        return response;
      },
      retryForMs: neverGiveUpMs,
    });
    const { me } = await client.request(MeDocument, {});
    setState({ kind: 'signedIn', session: { client, answers: createAnswers(), me } });
  }, []);

  const signIn = useCallback<SessionActions['signIn']>(
    async (key) => {
      try {
        await enter(key);
        return null;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'UNAUTHENTICATED')
          return texts.signIn.wrongKey;
        return error instanceof ConnectionError ? texts.away.short : (error as Error).message;
      }
    },
    [enter],
  );

  // Where everybody is let in no key is needed, and somebody may come back from an issuer with a token.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const show = (reason: string | null) => {
      if (!isOver) setState({ kind: 'signedOut', reason });
    };
    const begin = async (tokens: Tokens | undefined) => {
      try {
        if (tokens === undefined && !(await findWayIn()).open) return show(null);
        await enter(tokens && keepToken(tokens));
      } catch (error) {
        if (error instanceof ApiError) return show(tokens ? texts.signIn.tokenRefused : null);
        if (!isOver) timer = setTimeout(() => void begin(tokens), retryMs);
      }
    };
    returned ??= readReturn();
    returned.then(begin, ({ message }: Error) =>
      show(`${texts.signIn.issuerRefused} ${message}`.trim()),
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [enter]);

  const session = state.kind === 'signedIn' ? state.session : null;
  const value = useMemo(
    () => session && { signIn, signOut, me: session.me },
    [session, signIn, signOut],
  );
  if (state.kind === 'asking') return props.asking;
  if (!session || !value) {
    return props.signIn({ signIn, reason: state.kind === 'signedOut' ? state.reason : null });
  }
  return (
    <SessionContext.Provider value={value}>
      <ReelgraphProvider client={session.client}>
        <QueryClientProvider client={session.answers}>{props.children}</QueryClientProvider>
      </ReelgraphProvider>
    </SessionContext.Provider>
  );
}

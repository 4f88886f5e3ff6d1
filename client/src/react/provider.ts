import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react';
import type { ReelgraphClient } from '../client.ts';

const Context = createContext<ReelgraphClient | null>(null);

/** Gives the hooks below it the client that they ask. Make that once, outside of your components. */
export function ReelgraphProvider(props: {
  client: ReelgraphClient;
  children?: ReactNode;
}): ReactElement {
  return createElement(Context.Provider, { value: props.client }, props.children);
}

/** The client, for operations of your own. */
export function useReelgraph(): ReelgraphClient {
  const client = useContext(Context);
  if (!client) throw new Error('A Reelgraph hook needs a <ReelgraphProvider client={…}> above it.');
  return client;
}

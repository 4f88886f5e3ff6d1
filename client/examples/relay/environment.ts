/** Relay over fetch and graphql-ws. */
import { createClient } from 'graphql-ws/client';
import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  type GraphQLResponse,
} from 'relay-runtime';

/** In Node 20, give the WebSocket of the package `ws`. */
export function createEnvironment(url: string, webSocketImpl?: unknown): Environment {
  const socket = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl });
  return new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(
      async ({ text }, variables) => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
          body: JSON.stringify({ query: text, variables }),
        });
        return (await response.json()) as GraphQLResponse;
      },
      ({ text, name }, variables) =>
        Observable.create((sink) =>
          socket.subscribe(
            { operationName: name, query: text!, variables },
            {
              next: (answer) => sink.next(answer as GraphQLResponse),
              error: (error) => sink.error(error as Error),
              complete: () => sink.complete(),
            },
          ),
        ),
    ),
  });
}

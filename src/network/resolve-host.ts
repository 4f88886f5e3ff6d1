import { lookup, Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** A host that has an address which is not on the public Internet. */
export class NotPublicError extends Error {}

/**
 * A lookup for sockets that gives an address only after checking it, so that
 * what was checked is what is connected to: a name that changes its mind
 * between two questions gains nothing.
 *
 * One address that is not public spoils the name. An IP address in a URL is
 * not looked up, and has to be checked before.
 */
export function checkedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (hostname, options, done) => {
    const find = async () => {
      const addresses = await resolve(hostname);
      if (addresses.length === 0) throw new Error('the name has no address');
      if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
        throw new NotPublicError('the name has an address that is not public');
      }
      return addresses;
    };
    find().then(
      (addresses) => {
        const [{ address, family }] = addresses as [LookupAddress];
        if (options.all) done(null, addresses);
        else done(null, address, family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };
}

const dns = new Resolver({ timeout: 2_000, tries: 2 });

/**
 * By the name servers alone. The usual lookup runs on four threads that all
 * of the process shares: a receiver with slow name servers would hold up the
 * calls to MiniMax.
 */
export const resolvePublic: Resolve = async (hostname) => {
  const answers = await Promise.allSettled([dns.resolve4(hostname), dns.resolve6(hostname)]);
  const [v4, v6] = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (v4!.length + v6!.length === 0) throw (answers[0] as PromiseRejectedResult).reason as Error;
  return [
    ...v4!.map((address) => ({ address, family: 4 })),
    ...v6!.map((address) => ({ address, family: 6 })),
  ];
};

/** As the machine knows names, with `localhost` and those of its network. */
export const resolveLocal: Resolve = (hostname) => lookup(hostname, { all: true });

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** No tunnel came about. Neither message nor cause has the proxy's credentials. */
export class ProxyError extends Error {
  readonly code: 'PROXY_UNREACHABLE' | 'PROXY_REFUSED' | 'PROXY_UNAUTHORIZED';

  constructor(code: ProxyError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProxyError';
    this.code = code;
  }
}

/**
 * Connects through a tunnel that the proxy is asked for by CONNECT, also to http upstreams: what the
 * proxy itself says is then no answer of MiniMax, and until the tunnel is there nothing was sent.
 */
export function buildTunnel(proxy: URL, timeoutMs: number): buildConnector.connector {
  const secure = buildConnector({ timeout: timeoutMs });
  return (options, done) => {
    openTunnel(proxy, authorityOf(options), timeoutMs).then(
      (socket) => {
        if (options.protocol === 'https:') return secure({ ...options, httpSocket: socket }, done);
        done(null, socket.setNoDelay(true));
      },
      (error: unknown) => done(error as Error, null),
    );
  };
}

function authorityOf({ hostname, port, protocol }: buildConnector.Options): string {
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  return `${host}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function openTunnel(proxy: URL, authority: string, timeoutMs: number): Promise<Socket> {
  const { protocol, hostname, port, username, password } = proxy;
  const isSecure = protocol === 'https:';
  const credentials = [username, password].map(decodeURIComponent).join(':');
  return new Promise((resolve, reject) => {
    const asked = (isSecure ? httpsRequest : httpRequest)({
      ...{ host: hostname.replace(/^\[|\]$/g, ''), port: port || (isSecure ? 443 : 80) },
      ...{ method: 'CONNECT', path: authority, agent: false },
      headers: {
        host: authority,
        ...(credentials !== ':' && {
          'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}`,
        }),
      },
    });
    const limit = setTimeout(() => {
      const seconds = timeoutMs / 1_000;
      const message = `the proxy opened no tunnel within ${seconds} s`;
      asked.destroy(new ProxyError('PROXY_UNREACHABLE', message));
    }, timeoutMs);
    asked.on('close', () => clearTimeout(limit));
    asked.on('error', (error) => {
      if (error instanceof ProxyError) return reject(error);
      reject(new ProxyError('PROXY_UNREACHABLE', 'no connection to the proxy', error));
    });
    asked.on('connect', ({ statusCode = 0 }, socket: Socket, first) => {
      clearTimeout(limit);
      // Whoever is at the end of a tunnel waits for a request before it says anything.
      if (statusCode >= 200 && statusCode < 300 && first.length === 0) return resolve(socket);
      socket.on('error', () => undefined).destroy();
      const code = statusCode === 407 ? 'PROXY_UNAUTHORIZED' : 'PROXY_REFUSED';
      reject(new ProxyError(code, `the proxy answered CONNECT with HTTP ${statusCode}`));
    });
    asked.end();
  });
}

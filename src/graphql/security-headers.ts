import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * Headers that hold browsers back: no scripts, no frames, no guessing of types.
 *
 * Pages to explore the API replace the content security policy by their own.
 * HTTPS is demanded of browsers only where the public address has it: on
 * `http://localhost` that would lock out every other service on the machine.
 */
export function securityHeaders(options: { https: boolean }): readonly [string, string][] {
  const headers: [string, string][] = [];
  const noting = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  const write = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        // A simulated video opened by itself is a page that holds a video.
        mediaSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: options.https,
    // Pages of other origins play the videos and call the API; CORS_ORIGINS says which may read answers.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    // Signing in to Apollo Studio opens a window.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
  });
  // They are the same for every request.
  write({} as IncomingMessage, noting as unknown as ServerResponse, () => undefined);
  return headers;
}

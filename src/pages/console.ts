import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Express } from 'express';
import { root } from '../root.ts';
import { mountSignIn, type SignInOptions } from './console-sign-in.ts';

export interface ConsoleFacts extends Pick<SignInOptions, 'isOpen'> {
  /** Where browsers reach the service, besides the address that the page came from. */
  publicUrl: string;
}

interface ConsoleOptions extends ConsoleFacts, Pick<SignInOptions, 'issuer'> {
  /** Where the bucket of the videos is that their addresses lead on to. */
  bucketUrl: string | undefined;
}

/** Where `npm run build` puts it. */
const builtFolder = fileURLToPath(new URL('dist/console/', root));

interface BuiltFile {
  content: Buffer;
  gzipped(): Promise<Buffer>;
}

interface BuiltConsole {
  page: string;
  /** By their names, each of which has a hash of the content. */
  assets: ReadonlyMap<string, BuiltFile>;
}

/**
 * The console at `/console`: what was built, and its page for whatever lies below, which the page
 * itself finds its way in. It is read when first asked for, and asks the API like anybody else.
 */
export function mountConsole(
  app: Express,
  { publicUrl, bucketUrl, ...signIn }: ConsoleOptions,
): void {
  mountSignIn(app, signIn);
  const policy = policyFor([publicUrl, bucketUrl ?? publicUrl]);
  let built: BuiltConsole | undefined;
  app.get('/console/assets/:file', async (request, response, next) => {
    const file = (built ??= readBuilt())?.assets.get(request.params.file);
    if (!file) return next();
    response.set('Cache-Control', 'public, max-age=31536000, immutable').vary('Accept-Encoding');
    response.type(request.params.file);
    if (request.acceptsEncodings('gzip')) {
      response.set('Content-Encoding', 'gzip').send(await file.gzipped());
    } else response.send(file.content);
  });
  app.get('/console{/*path}', (request, response, next) => {
    if (request.path.startsWith('/console/assets/')) return next();
    built ??= readBuilt();
    response.set({
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      // After an update the page names other files.
      'Cache-Control': 'no-cache',
    });
    if (built) response.type('html').send(built.page);
    else {
      response
        .status(503)
        .type('text')
        .send('The console is not built. Run "npm run build", then load this page again.\n');
    }
  });
}

function readBuilt(): BuiltConsole | undefined {
  try {
    const page = readFileSync(join(builtFolder, 'index.html'), 'utf8');
    const assets = readdirSync(join(builtFolder, 'assets')).map((name): [string, BuiltFile] => {
      const content = readFileSync(join(builtFolder, 'assets', name));
      let gzipped: Promise<Buffer> | undefined;
      return [name, { content, gzipped: () => (gzipped ??= promisify(gzip)(content)) }];
    });
    return { page, assets: new Map(assets) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Scripts of this service only, none of them inline, and no request to any other host but for the
 * videos themselves, which MiniMax serves, or what is at one of `videoUrls`: another name of this
 * service, or a bucket, either of which may be without TLS.
 */
function policyFor(videoUrls: string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    // Styles are set as the page goes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    `media-src 'self' https: ${[...new Set(videoUrls.map((url) => new URL(url).origin))].join(' ')}`,
    "connect-src 'self'",
    "font-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

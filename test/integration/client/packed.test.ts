import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../../src/app.ts';
import { browserPath, openBrowser, watchPage } from '../../support/browser.ts';
import { makeVideo, startConsoleApp } from '../../support/console.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const installed = (name: string) => join(root, 'node_modules', name);

/** A program of a package; its output, where it ends well. */
async function run(program: string, args: string[], cwd = root): Promise<string> {
  const all = [installed(program), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, all, { cwd });
  return stdout;
}

/** A project of its own, in which the client lies as it is packed, beside packages that it needs. */
let project: string;
let tarball: string;
let app: App;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'reelgraph-packed-'));
  const source = join(project, 'source');
  await mkdir(source);
  for (const file of ['package.json', 'README.md'])
    await cp(join(root, 'client', file), join(source, file));
  const outDir = join(source, 'dist');
  const config = join(root, 'client/tsconfig.build.json');
  const compiled = run('typescript/bin/tsc', ['-p', config, '--outDir', outDir]);
  [app] = await Promise.all([startConsoleApp(), compiled]);
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent'], { cwd: source });
  tarball = join(source, stdout.trim());

  const packed = join(project, 'node_modules/@reelgraph/client');
  await mkdir(packed, { recursive: true });
  await promisify(execFile)('tar', ['xzf', tarball, '--strip-components=1', '-C', packed]);
  const others = ['react', 'react-dom', 'graphql-ws', '@graphql-typed-document-node', 'undici'];
  for (const name of others) await symlink(installed(name), join(project, 'node_modules', name));
  for (const file of ['app.tsx', 'index.html'])
    await cp(join(root, 'client/examples/react', file), join(project, file));
});
afterAll(async () => {
  await app.stop();
  await rm(project, { recursive: true });
});

test('what is packed has no fault that publint or Are The Types Wrong know', async () => {
  const types = run('@arethetypeswrong/cli/dist/index.js', [
    ...[tarball, '--profile', 'esm-only'],
    ...['--no-color', '--format', 'ascii'],
  ]);
  expect(await run('publint/src/cli.js', [tarball])).toContain('All good!');
  // It ends with an error where it finds one.
  expect(await types).toContain('@reelgraph/client/react');
});

test('it works in Node, and its react entry can be loaded there', async () => {
  const script = `
    import { createReelgraphClient, VideoModelsDocument } from '@reelgraph/client';
    import { useGenerations } from '@reelgraph/client/react';
    const client = createReelgraphClient({ url: process.argv[1] });
    const { videoModels } = await client.request(VideoModelsDocument, {});
    console.log(videoModels.length > 3, typeof useGenerations);`;
  const args = ['--input-type=module', '-e', script, `${app.url}/graphql`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project });
  expect(stdout).toBe('true function\n');
});

const inBrowser = browserPath ? test : test.skip;
inBrowser(
  'the example of the hooks is built by Vite, makes a video, and hears of those of others',
  async () => {
    await run('vite/bin/vite.js', ['build', '--logLevel', 'error'], project);
    const site = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const file = pathname === '/' ? 'index.html' : pathname;
      const type = extname(file) === '.js' ? 'text/javascript' : 'text/html';
      readFile(join(project, 'dist', file)).then(
        (content) => response.setHeader('content-type', type).end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((done) => site.listen(0, 'localhost', done));
    const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
    const browser = await openBrowser();
    try {
      const { page, complaints } = await watchPage(browser, origin, { also: app.url });
      await page.goto(`${origin}/?api=${encodeURIComponent(`${app.url}/graphql`)}`);
      await page.getByLabel('What is to be seen').fill('A kite');
      await page.getByRole('button', { name: 'Make it' }).click();
      await page.getByText('SUCCEEDED', { exact: true }).waitFor();
      expect(await page.locator('video').getAttribute('src')).toContain('.mp4');
      await page.getByRole('button', { name: '1 new' }).click();
      await page.getByText('SUCCEEDED: A kite').waitFor();
      await makeVideo(app, { prompt: 'A swing of somebody else' });
      await page.getByRole('button', { name: '1 new' }).click();
      // It changes in its place, without anything being asked for.
      await page.getByText('SUCCEEDED: A swing of somebody else').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await new Promise((done) => site.close(done));
    }
  },
);

test('its size is what its page says', async () => {
  const { build } = await import('esbuild');
  // As a page takes it: without what it has already.
  const sizeOf = async (...entries: string[]) => {
    const contents = entries.map((entry) => `export * from './${entry}';`).join('\n');
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(root, 'client') },
      ...{ bundle: true, minify: true, format: 'esm', write: false, external: ['react'] },
    });
    return gzipSync(outputFiles[0]!.contents).length / 1024;
  };
  const readme = await readFile(join(root, 'client/README.md'), 'utf8');
  const [, plain, withReact] = /(\d+) KB \(gzip\), (\d+) KB with the hooks/.exec(readme)!;
  expect(await sizeOf('src/index.ts')).toBeLessThan(Number(plain));
  const both = await sizeOf('src/index.ts', 'src/react/index.ts');
  expect(both).toBeLessThan(Number(withReact));
  expect(both).toBeGreaterThan(Number(withReact) - 2);
});

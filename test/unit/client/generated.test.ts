import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);

describe('the generated client', () => {
  test('fits schema.graphql and the operations', async () => {
    const { exitCode, output } = await checkCodegen('codegen.yml');
    // Where this fails: run "npm run codegen" and commit what it wrote.
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.any(String) });
  });

  test('a change of the schema that has not been generated is noticed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reelgraph-codegen-'));
    try {
      const schema = await readFile(join(root, 'schema.graphql'), 'utf8');
      const changed = schema.replace(/(enum VideoGenerationStatus \{)/, '$1\n  ARCHIVED\n');
      expect(changed).not.toBe(schema);
      await writeFile(join(directory, 'schema.graphql'), changed);
      await writeFile(
        join(directory, 'graphql.ts'),
        await readFile(join(root, 'client/generated/graphql.ts')),
      );
      const config = (await readFile(join(root, 'codegen.yml'), 'utf8'))
        .replace('schema: schema.graphql', `schema: ${join(directory, 'schema.graphql')}`)
        .replace('client/generated/graphql.ts:', `${join(directory, 'graphql.ts')}:`);
      await writeFile(join(directory, 'codegen.yml'), config);

      const { exitCode, output } = await checkCodegen(join(directory, 'codegen.yml'));
      expect(exitCode).toBe(1);
      expect(output).toContain('stale');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("the Relay example's artifacts", () => {
  const compiler = join(dirname(require.resolve('relay-compiler/package.json')), 'cli.js');
  const validate = (directory: string) =>
    run(process.execPath, [compiler, '--validate', 'relay.config.json'], directory);

  test('fit schema.graphql and the example', async () => {
    const { exitCode, output } = await validate(join(root, 'client/examples/relay'));
    // Where this fails: run "npm run codegen:relay" and commit what it wrote.
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.any(String) });
  });

  test('a change that has not been compiled is noticed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reelgraph-relay-'));
    try {
      const copy = join(directory, 'client/examples/relay');
      await cp(join(root, 'client/examples/relay'), copy, { recursive: true });
      await cp(join(root, 'schema.graphql'), join(directory, 'schema.graphql'));
      const example = await readFile(join(copy, 'gallery.ts'), 'utf8');
      await writeFile(join(copy, 'gallery.ts'), example.replace('    videoUrl\n', ''));
      expect((await validate(copy)).exitCode).not.toBe(0);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('types of the generated client', () => {
  const use = (code: string) => `
    import * as api from '../src/index.ts';
    export const client = api.createReelgraphClient({ url: 'http://localhost:4000/graphql' });
    export const { request, generateVideo } = client;
    export { api };
    export async function use() {
      ${code}
    }`;
  const right = {
    'a query without variables': `
      const { videoModels } = await request(api.VideoModelsDocument, {});
      return videoModels[0]!.name.toUpperCase();`,
    'a query with variables': `
      const { generation } = await request(api.GenerationDocument, { id: 'x' });
      const events: api.EventDetailsFragment[] = generation?.events ?? [];
      return events;`,
    'the link of a finished video': `
      const { videoUrl } = await generateVideo({ model: 'MiniMax-Hailuo-02' }).result();
      return videoUrl.length;`,
    'optional variables': `
      const { generations } = await request(api.GenerationsDocument, {
        filter: { status: ['SUCCEEDED', 'FAILED'], createdAt: { from: '2026-11-23T12:00:00Z' } },
      });
      return generations.edges.map(({ node }) => node.videoUrl ?? node.failure?.kind);`,
  };
  const wrong: Record<string, [code: string, problem: RegExp]> = {
    'a variable of the wrong type': [
      `return request(api.GenerationDocument, { id: 42 });`,
      /'number' is not assignable to type 'string'/,
    ],
    'a missing variable': [
      `return request(api.GenerationDocument);`,
      /Expected 2-3 arguments, but got 1/,
    ],
    'an unknown variable': [
      `return request(api.GenerationDocument, { id: 'x', identifier: 'y' });`,
      /'identifier' does not exist/,
    ],
    'an unknown enum value': [
      `return request(api.GenerationsDocument, { filter: { status: ['DONE'] } });`,
      /"DONE"' is not assignable to type 'VideoGenerationStatus'/,
    ],
    'one value where a list belongs': [
      `return request(api.GenerationsDocument, { filter: { status: 'FAILED' } });`,
      /'string' is not assignable to type 'VideoGenerationStatus\[\]/,
    ],
    'a required input field left out': [
      `return request(api.CreateVideoGenerationDocument, { input: { prompt: 'A boat' } });`,
      /Property 'model' is missing/,
    ],
    'a field that was not asked for': [
      `const { generations } = await request(api.GenerationsDocument, {});
       return generations.edges[0]!.node.taskId;`,
      /Property 'taskId' does not exist/,
    ],
    'a nullable field used as if it were there': [
      `const { generation } = await request(api.GenerationDocument, { id: 'x' });
       return generation.status;`,
      /'generation' is possibly 'null'/,
    ],
    'the link of a video that may not be there yet': [
      `for await (const { videoUrl } of generateVideo({ model: 'MiniMax-Hailuo-02' }))
         return videoUrl.length;`,
      /'videoUrl' is possibly 'null'/,
    ],
    'a second place for the idempotency key': [
      `return generateVideo({ model: 'MiniMax-Hailuo-02', idempotencyKey: 'x' });`,
      /'idempotencyKey' does not exist/,
    ],
  };
  const problemsOf = compile({
    ...mapValues(right, use),
    ...mapValues(wrong, ([code]) => use(code)),
  });

  test('the sample front end compiles', () => {
    expect(problemsOf('gallery')).toEqual([]);
  });

  test.each(Object.keys(right))('%s compiles', (name) => {
    expect(problemsOf(name)).toEqual([]);
  });

  test.each(Object.entries(wrong))('%s does not compile', (name, [, problem]) => {
    expect(problemsOf(name)).toEqual([expect.stringMatching(problem)]);
  });
});

/** What the compiler says to each source, as if it lay beside the sample front end. */
function compile(sources: Record<string, string>): (name: string) => string[] {
  const directory = join(root, 'client/examples');
  const names = Object.keys(sources);
  const pathOf = (name: string) =>
    join(directory, name === 'gallery' ? 'gallery.ts' : `case-${names.indexOf(name)}.ts`);
  const texts = new Map(names.map((name) => [pathOf(name), sources[name]]));

  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) =>
    ts.sys.readFile(path),
  );
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram([...texts.keys(), pathOf('gallery')], options, host);

  return (name) => {
    const file = program.getSourceFile(pathOf(name));
    return ts
      .getPreEmitDiagnostics(program, file)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  };
}

function checkCodegen(config: string): Promise<{ exitCode: number; output: string }> {
  const cli = join(dirname(require.resolve('@graphql-codegen/cli/package.json')), 'esm/bin.js');
  return run(process.execPath, [cli, '--config', config, '--check'], root);
}

function run(
  command: string,
  parameters: string[],
  cwd: string,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, parameters, { cwd }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, output: `${stdout}${stderr}` });
    });
  });
}

function mapValues<In, Out>(record: Record<string, In>, change: (value: In) => Out) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

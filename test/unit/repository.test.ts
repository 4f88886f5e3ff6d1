import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { variableNames } from '../../src/config.ts';
import { commandsOf, notRun, pagesThatAreRun, stepsOfCi } from '../smoke/commands.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Not part of the repository, or written by programs. */
const leftOut =
  /^(node_modules|dist|data|coverage|\.git|src\/database\/generated)(\/|$)|^\.env$|\.log$/;

/** What is in the repository; without git (an unpacked archive), whatever lies here and is not ignored. */
function listFiles(): string[] {
  try {
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const out = execFileSync('git', list, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return out.split('\0').filter((file) => file && existsSync(join(root, file)));
  } catch {
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !leftOut.test(file) && statSync(join(root, file)).isFile(),
    );
  }
}

const files = listFiles();
const pages = files.filter((file) => file.endsWith('.md'));
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** The anchor that a heading gets on the usual hosts. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

describe('documentation', () => {
  test.each(pages)('every link of %s leads somewhere', (page) => {
    const text = read(page).replace(/```[\s\S]*?```/g, '');
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path, anchor] = link.split('#') as [string, string | undefined];
        const target = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) return true;
        if (anchor === undefined) return false;
        const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
        return !headings.some((heading) => anchorOf(heading) === anchor);
      });
    expect(broken).toEqual([]);
  });

  test('every npm script that is told of exists', () => {
    const builtIn = ['ci', 'install', 'run'];
    const told = [...pages, '.env.example', '.ci/run'].flatMap((page) =>
      [...read(page).matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)]
        .map((match) => match[1]!)
        .filter((name) => !builtIn.includes(name) && /^(?!cache$|warn$)/.test(name))
        .map((name) => ({ page, name })),
    );
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter(({ name }) => !(name in manifest.scripts))).toEqual([]);
  });

  test('every npm script is told of in docs/development.md, but for those that npm runs by itself', () => {
    const text = read('docs/development.md');
    const untold = Object.keys(manifest.scripts)
      .filter((name) => !/^(pre|post)/.test(name))
      .filter((name) => !new RegExp(`npm (run )?${name}\\b`).test(text));
    expect(untold).toEqual([]);
  });

  test('every file and folder that is named in the text is there', () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/`((?:src|test|docs|client|prisma|assets|scripts)\/[\w./-]*)`/g)]
        .map((match) => match[1]!)
        .filter((path) => path !== 'src/database/generated' && !existsSync(join(root, path)))
        .map((path) => ({ page, path })),
    );
    expect(missing).toEqual([]);
  });

  test('the codes of errors are all in docs/errors.md', () => {
    const errors = read('src/graphql/errors.ts');
    const source = errors + read('src/graphql/server.ts');
    const codes = [
      ...source.matchAll(/'((?:NOT|BAD|VIDEO|PAYLOAD|INTERNAL|GRAPHQL|OPERATION)_[A-Z_]+)'/g),
      ...errors.matchAll(/^ +\| '([A-Z_]+)'/gm),
    ].map((match) => match[1]!);
    const page = read('docs/errors.md');
    expect(codes.length).toBeGreaterThan(20);
    expect([...new Set(codes)].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  test('the variables are all in docs/configuration.md', () => {
    const page = read('docs/configuration.md');
    expect(variableNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  test('has at most 150 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  test('leads to every page of docs/', () => {
    const links = [...readme.matchAll(/\]\(([^)#\s]+)/g)].map((match) => match[1]!);
    const documents = files.filter((file) => /^docs\/.*\.(md|svg)$/.test(file));
    expect(documents.length).toBeGreaterThan(10);
    expect(documents.filter((file) => !links.includes(file))).toEqual([]);
  });

  test('has commands in blocks only, where the smoke test finds them', () => {
    const languages = [...readme.matchAll(/^ *```(\w*)\n[\s\S]*?^ *```$/gm)].map(
      (match) => match[1],
    );
    expect(languages.filter((language) => !/^(sh|json|text)$/.test(language!))).toEqual([]);
    const prose = readme.replace(/^ *```[\s\S]*?^ *```$/gm, '');
    expect(
      prose.match(/`(\$ |\w+=\S* )*(\.ci|npm|npx|node|docker|curl|sh|psql)\b[^`]*`/g),
    ).toBeNull();
  });

  test('has no command but npm ci, npm start and requests, each with the answer that it gets', () => {
    const commands = commandsOf(readme);
    const isRequest = (text: string) => /^(\w+=\S+\n)*curl [^\n]*(\n|$)/.test(text);
    expect(commands.filter(({ text }) => !isRequest(text)).map(({ text }) => text)).toEqual([
      ...stepsOfCi,
      'npm start',
    ]);
    expect(commands.filter(({ text, shown }) => !stepsOfCi.includes(text) && !shown)).toEqual([]);
    expect(commands.filter(({ text }) => isRequest(text)).length).toBeGreaterThanOrEqual(4);
  });
});

describe('the commands of the pages', () => {
  test('are run by .ci/run and the smoke test, or are known with the reason why not', () => {
    const told = pages
      .filter((page) => !pagesThatAreRun.includes(page))
      .flatMap((page) => commandsOf(read(page)).map(({ text }) => ({ page, text })));
    const known = Object.entries(notRun).flatMap(([page, list]) =>
      list.map(([command]) => ({ page, command })),
    );
    const fits = (a: (typeof told)[number], b: (typeof known)[number]) =>
      a.page === b.page &&
      (typeof b.command === 'string' ? a.text === b.command : b.command.test(a.text));
    expect(told.filter((a) => !known.some((b) => fits(a, b)))).toEqual([]);
    expect(known.filter((b) => !told.some((a) => fits(a, b)))).toEqual([]);
  });

  test('are in blocks that are marked as sh', () => {
    const unmarked = pages.flatMap((page) =>
      [...read(page).matchAll(/^ *```(\w*)\n\s*(?:npm|npx|curl|docker|node) [\s\S]*?^ *```$/gm)]
        .filter((match) => match[1] !== 'sh')
        .map((match) => ({ page, block: match[0] })),
    );
    expect(unmarked).toEqual([]);
  });

  test('have their place in .ci/run', () => {
    const ci = read('.ci/run');
    for (const command of [...stepsOfCi, 'npm run build']) expect(ci).toMatch(`step '${command}'`);
    expect(ci).toContain('test/smoke/main.ts');
    // The smoke test starts what the step before it has built.
    expect(manifest.scripts).toMatchObject({ prestart: 'npm run build', prekeys: 'npm run build' });
  });
});

describe('what is committed', () => {
  const texts = files.filter(
    (file) => !/\.(mp4|png|jpe?g|webp|ico|wasm)$/.test(file) && file !== 'package-lock.json',
  );

  test('names no place on a developer’s machine and no package registry', () => {
    // Put together, so that this file does not find itself.
    const places = ['work', 'root', 'home', 'Users', 'tmp', 'private'].map((name) => `/${name}/`);
    const registries = [
      'registry.' + 'npmjs',
      'npm' + 'mirror',
      'artifact' + 'ory',
      'verda' + 'ccio',
    ];
    const found = texts.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) =>
          [
            ...places.filter((place) => new RegExp(`(^|[\\s"'\`(=:])${place}\\w`).test(line)),
            ...registries.filter((name) => line.toLowerCase().includes(name)),
          ].map((what) => `${file}:${index + 1} ${what}`),
        ),
    );
    expect(found).toEqual([]);
  });

  test('locks packages without saying where they were downloaded', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const entries = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(100);
    // npm takes an address of its usual registry for the one that is configured; any other would bind.
    const bound = entries.filter(
      ([, { resolved }]) => resolved && !resolved.startsWith('https://registry.' + 'npmjs.org/'),
    );
    expect(bound.map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, { integrity }]) => !integrity).map(([path]) => path)).toEqual([]);
  });

  test('holds no file that is ignored elsewhere or larger than a megabyte', () => {
    expect(files.filter((file) => leftOut.test(file))).toEqual([]);
    expect(files.filter((file) => statSync(join(root, file)).size > 1024 * 1024)).toEqual([]);
  });
});

describe('the image', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    match[1]!.split(' '),
  );

  test('is made from files that exist and that .dockerignore lets through', () => {
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map((match) => match[1]!);
    expect(copied).toContain('package-lock.json');
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(
      copied.filter(
        (path) => !allowed.some((name) => path === name || path.startsWith(`${name}/`)),
      ),
    ).toEqual([]);
  });

  test('has whatever the code reads beside itself at run time', () => {
    const sources = files.filter(
      (file) => /^src\/.*\.ts$/.test(file) && existsSync(join(root, file)),
    );
    const beside = sources.flatMap((file) =>
      [...read(file).matchAll(/new URL\([`']([^`'$]*)[^,]*, root\)/g)].map(([, path]) => path!),
    );
    expect(beside.length).toBeGreaterThanOrEqual(4);
    // What is built is in `dist`, which is copied as a whole.
    copied.push('dist');
    expect(
      beside.filter((path) => !copied.some((name) => path === name || path.startsWith(name))),
    ).toEqual([]);
  });
});

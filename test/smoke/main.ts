/**
 * Follows the README as a newcomer does, in the service that was built: each command of the pages
 * that are run goes to a shell as it stands there, and its answer must be the one that is shown.
 * Needs `npm run build` before, and curl.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandsOf, pagesThatAreRun, stepsOfCi, type Command } from './commands.ts';
import { dataOf, shapeOf, textsInPlace } from './compare.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const say = (text: string) => process.stdout.write(`${text}\n`);
const [readme, liveUpdates, callersAndKeys] = pagesThatAreRun.map(read) as [string, string, string];

const data = mkdtempSync(join(tmpdir(), 'reelgraph-smoke-'));
/** Whatever a developer's shell or .env says, the service is told nothing but where its data and port are. */
const unset = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map((match) => [match[1]!, '']);
const env: NodeJS.ProcessEnv = {
  ...process.env,
  ...Object.fromEntries(unset),
  KEY: '',
  DATA_DIR: data,
  PORT: '0',
  // However slow the machine, the first answer is the one that is shown.
  CREATE_WAIT_MS: '30000',
  // The step before this one has built; "prestart" would again.
  npm_config_ignore_scripts: 'true',
  no_proxy: 'localhost',
};

/** What still runs, with everything that it started. */
const running = new Set<ChildProcess>();
const signalAll = (child: ChildProcess, signal: NodeJS.Signals) =>
  process.kill(-child.pid!, signal);
process.once('exit', () => {
  for (const child of running) signalAll(child, 'SIGKILL');
  rmSync(data, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

interface Run {
  child: ChildProcess;
  output: { text: string };
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Gives a command to a shell that is at the head of a group of its own, as in a terminal. */
function run(command: string): Run {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn('sh', ['-ec', command], { cwd: root, env, detached: true, stdio });
  running.add(child);
  const output = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.text += text));
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  return { child, output, ended };
}

function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  const late = pause(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`not within ${seconds} s: ${what}`);
  });
  return Promise.race([promise, late]);
}

async function answerOf(command: string): Promise<string> {
  const { output, ended } = run(command);
  const code = await within(60, command, ended);
  ok(code !== 127, `this machine lacks a program: ${command}`);
  ok(code === 0, `exit code ${code}: ${command}\n${output.text}`);
  return output.text;
}

interface Service extends Run {
  url: string;
  ready: string;
}

async function start(command: string): Promise<Service> {
  const service = run(command);
  const firstLines = async (): Promise<Service> => {
    for await (const line of createInterface({ input: service.child.stdout! })) {
      say(line);
      if (!line.startsWith('{')) continue;
      const { url, msg } = JSON.parse(line) as { url?: string; msg: string };
      if (url) return { ...service, url, ready: msg };
    }
    throw new Error('the service ended without saying that it is ready');
  };
  const ready = await within(120, `${command} is ready`, firstLines());
  service.child.stdout!.resume();
  return ready;
}

/** What the pages show, and what took its place here: the address, and ids of answers. */
const inPlaceOf = new Map<string, string>();
const real = (text: string) =>
  [...inPlaceOf].reduce((all, [shown, here]) => all.replaceAll(shown, here), text);

function compare(shown: NonNullable<Command['shown']>, answer: string): unknown {
  const [expected, got] =
    shown.language === 'json'
      ? [JSON.parse(shown.text) as unknown, JSON.parse(answer) as unknown]
      : [dataOf(shown.text), dataOf(answer)];
  deepStrictEqual(shapeOf(got), shapeOf(expected));
  deepStrictEqual(JSON.stringify(shapeOf(got)), JSON.stringify(shapeOf(expected)), 'in this order');
  if (shown.language === 'text') ok(answer.includes('event: complete'), 'the stream is complete');
  for (const [there, here] of textsInPlace(expected, got)) {
    if (there !== here && shapeOf(there) === '<id>') inPlaceOf.set(there, here);
  }
  return got;
}

/** What was typed before, such as `ID=…`, and holds in the same terminal. */
const variables: string[] = [];

/** Runs a command of a page with the values that came out here, and looks at its answer. */
async function follow({ text, shown }: Command): Promise<unknown> {
  for (const [assignment, value] of text.matchAll(/^[A-Z]+=(\S+)$/gm)) {
    ok(inPlaceOf.has(value!), `no answer shown before has ${value}`);
    variables.push(`${real(assignment)}\n`);
  }
  ok(shown, `an answer is shown after: ${text}`);
  const answer = compare(shown, await answerOf(variables.join('') + real(text)));
  say(`as shown: ${text.split('\n').find((line) => line.includes('curl'))}`);
  return answer;
}

async function isMp4(link: string): Promise<void> {
  const video = Buffer.from(await (await fetch(link)).arrayBuffer());
  ok(video.length > 1024 && video.toString('latin1', 4, 8) === 'ftyp', `${link} is an MP4`);
  say(`an MP4 of ${video.length} bytes: ${link}`);
}

/** Everything of the README but npm, which starts the service. */
const requests = commandsOf(readme).filter(({ text }) => !text.startsWith('npm '));
const creates = requests.filter(({ text }) => text.includes('mutation'));

async function followReadme(): Promise<string> {
  const [starts, ...others] = commandsOf(readme).filter(
    ({ text }) => text.startsWith('npm ') && !stepsOfCi.includes(text),
  );
  deepStrictEqual([starts?.text, others], ['npm start', []], 'npm start is the only other one');
  const service = await start(starts!.text);
  inPlaceOf.set('http://localhost:4000', service.url);
  const says = real(starts!.shown!.text).replace(/…$/, '');
  ok(service.ready.startsWith(says), `it says "${says}"`);

  const prose = readme.replace(/```[\s\S]*?```/g, '');
  for (const [address] of prose.matchAll(/http:\/\/localhost:4000[\w./-]*/g)) {
    ok((await fetch(real(address))).status === 200, `${address} answers`);
    say(`answers 200: ${address}`);
  }
  ok((await fetch(`${service.url}/readyz`)).status === 200, '/readyz answers 200');

  const answers: unknown[] = [];
  for (const command of requests) answers.push(await follow(command));
  const links = JSON.stringify(answers).match(/http:[^"]*\.mp4[^"]*/g) ?? [];
  ok(links.length > 0, 'the README gets a link to a video');
  for (const link of new Set(links)) await isMp4(link);

  // A stream without an end: something must happen while it is open.
  const streams = commandsOf(liveUpdates);
  ok(streams.length === 1 && creates.length === 1, 'one stream and one create are told of');
  const stream = run(real(streams[0]!.text));
  const changes = async () => {
    for (let tries = 0; dataOf(stream.output.text).length === 0; tries++) {
      if (tries % 50 === 0) await answerOf(real(creates[0]!.text));
      await pause(100);
    }
  };
  await within(60, streams[0]!.text, changes());
  signalAll(stream.child, 'SIGTERM');
  const { data } = dataOf(stream.output.text)[0] as { data: { generationsUpdated: object } };
  deepStrictEqual(Object.keys(data.generationsUpdated), ['id', 'status', 'version']);
  say('a stream of changes answers');

  // As Ctrl+C does, to all that the terminal started.
  signalAll(service.child, 'SIGINT');
  await within(60, 'Ctrl+C stops it', service.ended);
  ok(service.output.text.includes('"msg":"stopped"'), 'Ctrl+C stops it in order');
  return service.url;
}

/** Makes the keys that the page tells of; the last one is an admin's. */
async function makeKeys(): Promise<void> {
  for (const { text } of commandsOf(callersAndKeys)) {
    ok(text.startsWith('npm run keys -- create '), `it makes a key: ${text}`);
    const lines = (await answerOf(text)).trim().split('\n');
    env['KEY'] = lines.at(-1);
    say(`makes a key: ${text}`);
  }
}

async function startAgain(firstUrl: string): Promise<void> {
  const service = await start('exec node dist/main.js');
  inPlaceOf.set('http://localhost:4000', service.url).delete(firstUrl);
  const ask = (headers: object) =>
    fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        query: '{ generations(first: 9, filter: { status: SUCCEEDED }) { nodes { id videoUrl } } }',
      }),
    });
  ok((await ask({})).status === 401, 'nobody is let in without a key');
  const answer = (await (await ask({ authorization: `Bearer ${env['KEY']}` })).json()) as {
    data: { generations: { nodes: { id: string; videoUrl: string }[] } };
  };
  const ids = answer.data.generations.nodes.map(({ id }) => id);
  ok(
    [...inPlaceOf.values()].some((id) => ids.includes(id)),
    'what was made before is still there',
  );
  for (const command of requests) {
    if (command.text.includes('$KEY')) await follow(command);
  }
  signalAll(service.child, 'SIGTERM');
  deepStrictEqual(await within(60, 'SIGTERM ends it', service.ended), 0, 'exit code after SIGTERM');
  say('SIGTERM ends it with exit code 0');
}

const firstUrl = await followReadme();
await makeKeys();
await startAgain(firstUrl);

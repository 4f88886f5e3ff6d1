/** A shell command on a page, and what the page shows as its answer. */
export interface Command {
  text: string;
  shown: { language: string; text: string } | null;
}

/**
 * The shell commands of a page, in their order.
 *
 * A block with curl is one command, and the block that follows it its answer; in other blocks each
 * line is one.
 */
export function commandsOf(markdown: string): Command[] {
  const fences = [...markdown.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
    language: match[1]!,
    text: match[2]!.trim(),
  }));
  return fences.flatMap((fence, index) => {
    if (fence.language !== 'sh') return [];
    const next = fences[index + 1];
    const shown = next && /^(json|text)$/.test(next.language) ? next : null;
    if (/\b(curl|ffmpeg) /.test(fence.text)) return [{ text: fence.text, shown }];
    return fence.text
      .split('\n')
      .map((text, line, all) => ({ text, shown: line === all.length - 1 ? shown : null }));
  });
}

/** Pages of which the smoke test runs each command. */
export const pagesThatAreRun = ['README.md', 'docs/live-updates.md', 'docs/callers-and-keys.md'];

/** What the smoke test leaves to `.ci/run`, which has a step for it. */
export const stepsOfCi = ['npm ci'];

/** The commands of all other pages, and why they are not run. */
export const notRun: Record<string, [command: string | RegExp, why: string][]> = {
  'docs/inputs.md': [
    [
      'curl --data-binary @boat.png http://localhost:4000/media',
      'wants a picture; test/integration/media/uploads.test.ts sends some',
    ],
  ],
  'docs/operations.md': [
    ['MINIMAX_API_KEY=your-key npm start', 'wants a real key and costs money'],
    ['createdb reelgraph', 'wants a PostgreSQL server'],
    [
      'DATABASE_URL=postgres://postgres@localhost:5432/reelgraph npm start',
      'wants a PostgreSQL server; test/integration/process.test.ts starts on one where one answers',
    ],
    ['docker compose up --build', 'wants Docker'],
    ['docker build -t reelgraph .', 'wants Docker'],
    [
      'docker run --rm -v reelgraph-data:/data reelgraph node dist/cli/keys.js create --caller me --role admin',
      'wants Docker',
    ],
    [
      'docker run --init -p 127.0.0.1:4000:4000 -v reelgraph-data:/data -e SIMULATOR=on reelgraph',
      'wants Docker',
    ],
  ],
  'docs/simulator.md': [
    ['npm run simulator', 'test/integration/simulator has the same simulator'],
    [
      'SIMULATOR=on MINIMAX_BASE_URL=http://127.0.0.1:4010 npm start   # elsewhere',
      'the README is followed with the one inside the service',
    ],
    [/^n=768P [\s\S]*\nffmpeg /, 'made the videos once; they are in the repository'],
  ],
  'docs/simulator-v2.md': [
    [/^w=2560 [\s\S]*\nffmpeg /, 'made the videos once; they are in the repository'],
  ],
  'client/README.md': [
    ['npx tsc -p client/tsconfig.build.json', 'test/integration/pages compiles with that file'],
  ],
};

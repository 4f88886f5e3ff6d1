import { describe, expect, test } from '@jest/globals';
import { commandsOf } from '../smoke/commands.ts';
import { dataOf, shapeOf, textsInPlace } from '../smoke/compare.ts';

/** What the README would show, with one value changed in each case below. */
const shown = {
  id: '01a20aaf-1272-795b-bfcc-615394d04a69',
  status: 'PROCESSING',
  taskId: '159785975000055',
  statusCode: 0,
  videoUrl: 'http://localhost:4000/download/559785975000055.mp4?Expires=1795479180&…',
  at: '2026-11-24T00:13:00.000Z',
  events: [
    { sequence: 1, action: 'SUBMISSION_SENT', latencyMs: null },
    { sequence: 2, action: 'TASK_STATUS_CHANGED', latencyMs: 154 },
  ],
};

describe('an answer that the README shows', () => {
  test('is one with other ids, instants, durations, ports and signatures', () => {
    const real = {
      id: '01a21fc2-1851-756d-bf24-84d7d89d6589',
      status: 'PROCESSING',
      taskId: '160139544000425',
      statusCode: 0,
      videoUrl: 'http://localhost:36063/download/560139544000425.mp4?Expires=1795832749&Key=a%2B',
      at: '2026-11-28T02:25:49.000Z',
      events: [
        { sequence: 1, action: 'SUBMISSION_SENT', latencyMs: null },
        { sequence: 2, action: 'TASK_STATUS_CHANGED', latencyMs: 7 },
        { sequence: 3, action: 'TASK_STATUS_CHANGED', latencyMs: 8 },
      ],
    };
    expect(shapeOf(real)).toEqual(shapeOf(shown));
    expect(textsInPlace(shown, real)).toContainEqual([shown.id, real.id]);
  });

  test.each([
    ['another field', { ...shown, more: 1 }],
    ['a field less', { ...shown, at: undefined }],
    ['another word', { ...shown, status: 'QUEUED' }],
    ['another code', { ...shown, statusCode: 1004 }],
    ['no id', { ...shown, id: null }],
    ['a link elsewhere', { ...shown, videoUrl: 'https://example.com/559785975000055.mp4' }],
    ['an event less', { ...shown, events: shown.events.slice(1) }],
    ['no latency', { ...shown, events: [{ ...shown.events[0], latencyMs: 1 }, shown.events[1]] }],
  ])('is not one with %s', (_what, real) => {
    expect(JSON.stringify(shapeOf(real))).not.toBe(JSON.stringify(shapeOf(shown)));
  });

  test('is read from the events of a stream, comments and ends left out', () => {
    const stream = ':\n\nevent: next\ndata: {"a":1}\n\nevent: complete\ndata:\n\n';
    expect(dataOf(stream)).toEqual([{ a: 1 }]);
  });
});

test('the commands of a page are its lines of sh, or a whole block with curl and what follows it', () => {
  const page = [
    '```sh\nnpm ci\nnpm start\n```',
    '```text\nready\n```',
    '```sh\nID=1\ncurl -s http://localhost:4000 \\\n  -d 2\n```',
    '```json\n{}\n```',
    '```ts\nnpm();\n```',
  ].join('\n\ntext\n\n');
  expect(commandsOf(page)).toEqual([
    { text: 'npm ci', shown: null },
    { text: 'npm start', shown: { language: 'text', text: 'ready' } },
    {
      text: 'ID=1\ncurl -s http://localhost:4000 \\\n  -d 2',
      shown: { language: 'json', text: '{}' },
    },
  ]);
});

import { expect, test } from '@jest/globals';
import { findTaskId } from '../../../../src/minimax/v1/find-task-id.ts';
import { parseAnswer } from '../../../../src/minimax/v1/parse-answer.ts';

const found = (text: string) => findTaskId(text, parseAnswer(text)?.fields ?? null);

test.each([
  ['{"task_id":"17"}', '17'],
  ['{"task_id":17}', '17'],
  ['{"task_id":12345678901234567891}', '12345678901234567891'],
  ['{"taskId":"17"}', '17'],
  ['{"error":{"details":[{"task_id":" 17 "}]}}', '17'],
  ['{"task":{"id":"17"}}', '17'],
  ['{"message":"upstream said {\\"task_id\\": \\"17\\"}"}', '17'],
  ['{"task_id":"17","base_resp":{"status_', '17'],
  ['<p>{"task_id": 17}</p>', '17'],
  ['{"task_id":"","data":{"task_id":"17"}}', '17'],
])('the task of %s is found', (text, id) => {
  expect(found(text)).toBe(id);
});

test.each([
  '{"task_id":""}',
  '{"task_id":0}',
  '{"task_id":"0"}',
  '{"task_id":null}',
  '{"id":"request-1"}',
  '{"task":"t2v"}'.replace('"task"', '"kind"'),
  // What was cut may go on.
  '{"task_id":"17',
  '{"task_id":17',
  'invalid params, task_id',
  '',
])('there is none in %j', (text) => {
  expect(found(text)).toBeNull();
});

test('a megabyte is searched in linear time', () => {
  const mega = 1_000_000;
  for (const text of [
    '\\'.repeat(mega),
    '"task_id":['.repeat(mega / 12),
    `"task_id":"${'x'.repeat(mega)}`,
    `${'{"a":'.repeat(mega / 5)}`,
    `[${'{"a":[1]},'.repeat(mega / 10)}1]`,
  ]) {
    expect(found(text)).toBeNull();
  }
}, 10_000);

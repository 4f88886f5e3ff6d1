import { expect, test } from '@jest/globals';
import { findTaskId } from '../../../src/minimax/find-task-id.ts';
import { parseAnswer } from '../../../src/minimax/answer-body.ts';

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
  ['{"task_id":["17"]}', '17'],
  ['{"task_ids":["",17]}', '17'],
  ['{"task_id":{"id":"17"}}', '17'],
  ['{"data":{"tasks":[{"id":"17"}]}}', '17'],
  ['{"task-id":"17"}', '17'],
  ["{'task_id': '17'}", '17'],
  ['{"task_ids": ["17"], "base_resp', '17'],
  ['{"base_resp":{"status_msg":"busy, task task_id=106916112212032 queued"}}', '106916112212032'],
  ['{"error":{"message":"task_id 106916112212032 dup"}}', '106916112212032'],
  ['<p>task_id: 106916112212032</p>', '106916112212032'],
  ['{"task_id ":"17","base_resp":{}}', '17'],
  ['{"extra":{"task_id ":17},"base_', '17'],
  ['<error><task_id>106916112212032</task_id></error>', '106916112212032'],
  ['task_id=106916112212032&x=1', '106916112212032'],
  ['error: busy\ntask_id: "106916112212032"\n', '106916112212032'],
  [
    '{"base_resp":{"status_msg":"rate limit, task 106916112212032 was created"}}',
    '106916112212032',
  ],
  ['{"message":"task with id 106916112212032 is queued"}', '106916112212032'],
  ['{"base_resp":{"status_msg":"任务106916112212032已创建"}}', '106916112212032'],
  ['{"base_resp":{"status_msg":"任务编号：106916112212032，排队中"}}', '106916112212032'],
  ['x-task-id: 106916112212032\r\n', '106916112212032'],
  ['{"message":"Task(id=106916112212032) is already in queue"}', '106916112212032'],
  ['{"message":"the task with identifier 106916112212032 could not"}', '106916112212032'],
  ['{"base_resp":{"status_msg":"任務編號：106916112212032"}}', '106916112212032'],
  ['{"job_id":"106916112212032"}', '106916112212032'],
  ['<p>Your task <b>106916112212032</b> was queued', '106916112212032'],
  ['<meta name="task-id" content="106916112212032">', '106916112212032'],
  ['location: /v1/query/video_generation?task_id=106916112212032\r\n', '106916112212032'],
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
  '{"task_id":"null"}',
  '{"task_id":"N/A"}',
  '{"task_id":"-"}',
  '{"task_id":-1}',
  '{"task_id":"00000000-0000-0000-0000-000000000000"}',
  '{"message":"task queue is full","id":"1764489600123456"}',
  '{"message":"task failed: request id 1764489600123456"}',
  // What was cut may go on.
  '{"task_id":"17',
  '{"task_id":17',
  'invalid params, task_id',
  '{"message":"task_id: required parameter"}',
  'the task_id=106916112212032',
  'the task 106916112212032',
  '{"message":"too many tasks: 20 of 20, try again at 1764489600"}',
  '{"message":"the task queue is full","request_id":"1764489600123456789"}',
  '{"base_resp":{"status_msg":"任务过多，请稍后再试"},"trace_id":"0642a8a0106916112212032"}',
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
    `task_id=${'x'.repeat(mega)}`,
    `task_id ${' '.repeat(mega)}`,
    'task no id '.repeat(mega / 11),
    `task${' '.repeat(mega)}`,
    `task ${'1'.repeat(mega)}`,
    'task_id '.repeat(mega / 8),
    `{"task_id":${' '.repeat(mega)}x`,
    `{"task_id":[${' '.repeat(mega)}x`,
    `{"task_id":"${' '.repeat(mega)}"}`,
    `{"data":{"task_id":"${' '.repeat(mega)}\u0001`,
    `"task_id${'\\'.repeat(mega)}`,
    `${'{"a":'.repeat(mega / 5)}`,
    `[${'{"a":[1]},'.repeat(mega / 10)}1]`,
  ]) {
    expect(found(text)).toBeNull();
  }
}, 10_000);

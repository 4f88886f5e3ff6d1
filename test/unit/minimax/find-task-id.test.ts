import { describe, expect, test } from '@jest/globals';
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
  ['{"generation":{"id":"17"}}', '17'],
  ['rate limited; video 106916112212032 is being generated', '106916112212032'],
  ['{"video":{"id":"106916112212032"}}', '106916112212032'],
  ['{"video_id":"9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10"}', '9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10'],
  ['{"minimax_task_id":"9f1c2b7e"}', '9f1c2b7e'],
  ['{"minimaxTaskId":"9f1c2b7e"}', '9f1c2b7e'],
  ['{"admin_task_id":"17"}', '17'],
  ['{"task_id":{"value":"17"}}', '17'],
  [
    'generation 9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10 was started',
    '9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10',
  ],
  ['任务ID：9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10 已创建', '9f1c2b7e-0a4d-4c1e-9a53-2f0d6c1b7e10'],
  ['{"tasks":{"106916112212032":{"status":"queued"}}}', '106916112212032'],
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
  ['{"video_task_id":"17"}', '17'],
  ['{"existing_task_id":17}', '17'],
  ['{"videoTaskId":"17"}', '17'],
  ['{"task_uuid":"9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f"}', '9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f'],
  ['{"task_info":{"id":"106916112212032"},"base_resp":{"status_code":1002}}', '106916112212032'],
  ['{"task":"106916112212032"}', '106916112212032'],
  ['{"error":{"code":429,"id":"task_01HXZ4M7Q2V9K8"}}', 'task_01HXZ4M7Q2V9K8'],
  ['{"message":"rate limit after task created, id 106916112212032"}', '106916112212032'],
  ['{"message":"task for MiniMax-Hailuo-2.3 created: 106916112212032"}', '106916112212032'],
  ['{"message":"task timeout: 106916112212032"}', '106916112212032'],
  ['<tr><td>Task ID</td>\n  <td class="value">106916112212032</td></tr>', '106916112212032'],
  [
    '{"message":"busy. Task ID: 9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f"}',
    '9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f',
  ],
  ['{"message":"タスクID: 106916112212032"}', '106916112212032'],
  ['{"message":"任务(Hailuo-02)106916112212032"}', '106916112212032'],
  ['location: /v2/query/video_generation/106916112212032\r\n', '106916112212032'],
  ['video_task_id=106916112212032&x=1', '106916112212032'],
  ['{"generationId":"106916112212032"}', '106916112212032'],
  ['{"message":"videogeneration 106916112212032 is queued"}', '106916112212032'],
  ['{"message":"task user 7 waits for task 106916112212032 of user 7"}', '106916112212032'],
  ['{"task":{"no":"106916112212032"}}', '106916112212032'],
  ['{"links":{"task":"/v1/query/video_generation?task_id=106916112212032"}}', '106916112212032'],
  [
    '{"message":"task 0123456789abcdef0123456789abcdef is running"}',
    '0123456789abcdef0123456789abcdef',
  ],
  [
    '{"message":"task \'9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f\' is queued"}',
    '9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f',
  ],
  // Written in ASCII alone, as Python and .NET do.
  [String.raw`{"message":"\u4efb\u52a1 106916112212032 \u5df2"}`, '106916112212032'],
  [String.raw`{"message":"{\u0022task_id\u0022:\u0022106916112212777\u0022}"}`, '106916112212777'],
  [String.raw`{"message":"{\\u0022task_id\\u0022:\\u0022x17-a\\u0022}"}`, 'x17-a'],
  [String.raw`{"message":"id \u0022task_01HXZ4M7Q2V9\u0022"}`, 'task_01HXZ4M7Q2V9'],
  [String.raw`{"message":"task \u0027106916112212888\u0027 is queued"}`, '106916112212888'],
  [String.raw`{"message":"task\u00a0id\u00a0106916112212889 (1002)"}`, '106916112212889'],
  ['<p>task_id: &quot;a-106916&#34;</p>', 'a-106916'],
  [String.raw`{"message":"rate limit\ntask 106916112212032 is queued"}`, '106916112212032'],
  [String.raw`{"message":"rate limit\ttask_01HXZ4M7Q2V9 was created"}`, 'task_01HXZ4M7Q2V9'],
  ['{&#x27;task_id&#x27;: &#x27;106916112212032&#x27;}', '106916112212032'],
  ['<p>Task ID:&nbsp;106916112212032 is queued</p>', '106916112212032'],
  ['{"Task":{"Id":106916112212032}}', '106916112212032'],
  ['{"task":{"data":{"id":"106916112212032"}}}', '106916112212032'],
  ['{"task_detail":{"id":"17"}}', '17'],
  ['{"existingTask":{"id":"17"}}', '17'],
  ['{"job":{"id":"17"}}', '17'],
  ['{"message":"task-106916112212032 is queued"}', '106916112212032'],
  ['{"message":"task no.106916112212032 is queued"}', '106916112212032'],
  ['{"message":"任务已创建，编号：106916112212032"}', '106916112212032'],
  ...[
    '{"message":"task: UUID"}',
    '{"message":"the task id is UUID "}',
    '{"message":"task_id: `UUID`"}',
    `{"message":"task_ids: ['UUID']"}`,
    '{"job_id":"UUID"}',
    '{"task_uid":"UUID"}',
    '{"generation_id":"UUID"}',
  ].map((text) => {
    const id = '9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f';
    return [text.replace('UUID', id), id] as [string, string];
  }),
  ['<TaskId xsi:type="xsd:string">106916112212032</TaskId>', '106916112212032'],
  // What was cut may go on.
  ['{"task_id":"17', '17…'],
  ['{"task_id":17', '17…'],
  ['{"base_resp":{"status_code":1002},"task_id":"10691611\n', '10691611…'],
  ['{"base_resp":{"status_code":1002},"task_id":10691611\n', '10691611…'],
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
  'invalid params, task_id',
  '{"message":"task_id: required parameter"}',
  'the task_id=106916112212032',
  'the task 106916112212032',
  '{"message":"too many tasks: 20 of 20, try again at 1764489600"}',
  '{"message":"the task queue is full","request_id":"1764489600123456789"}',
  '{"base_resp":{"status_msg":"任务过多，请稍后再试"},"trace_id":"0642a8a0106916112212032"}',
  'x-task-id: 000000000000\r\n',
  'task_id=0000000000&x=1',
  'the task 00000000000000 is none',
  '<task_id>000000</task_id>',
  '{"task_id":"<nil>"}',
  '{"tasks":{"queued":20,"limit":20}}',
  '{"reference_video":{"id":"17"}}',
  '{"tasks":{"no":5,"max":5}}',
  '{"errors":{"video":{"id":"invalid_2"}}}',
  '{"video":{"id":"wan2.1","no":1}}',
  'Video generation is not enabled for tenant 1782658868262748467',
  'video generation limit of member 1782658868262748467 reached',
  'video generation: insufficient balance 10000000000000000',
  '{"task_id":"0e0"}',
  '{"task_id":"task_0"}',
  'the video file 106916112212032 is too long',
  '{"video":{"duration":17}}',
  '{"task_id":"(null)"}',
  '{"task_id":"unknown"}',
  '{"task_id":"n.a."}',
  '{"task_id":"—"}',
  '{"tasks":3}',
  '{"task":"video_generation"}',
  '{"task":"text-to-video"}',
  '{"fields":{"task_id":"not allowed here"}}',
  '{"message":"rate limit exceeded for video generation (group 1938475610293847561)"}',
  '{"message":"Too many concurrent tasks for user 1938475610293847561"}',
  '{"message":"job queue full for uid 1938475610293847561"}',
  '{"message":"任务并发超限(group_id:1938475610293847561)"}',
  '{"message":"video generation: account 1938475610293847561"}',
  '{"message":"generation refused at 20261130115530123"}',
  '{"message":"task rejected [20261130115530]"}',
  '{"max_task_number":30,"max_task_ids":30}',
  '{"message":"Video generation is not enabled for customer 1747179187841536150"}',
  '{"message":"generation limit for api key 1747179187841536150 reached"}',
  '{"limits":{"task_number":10}}',
  '{"tasks":1000000,"taskNumber":"30"}',
  '{"message":"Daily task number 100000 exceeded"}',
  '{"message":"task quota exceeded: 100000000000000 tokens needed"}',
  '{"message":"Job submission failed. Reference 9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f"}',
  '{"message":"Video generation is unavailable (cid: 9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f)"}',
  '<p>Task failed. <br>Event ID 9f1c2b7e-4a51-4f0e-8d3c-1b2a3c4d5e6f</p>',
  'The requested URL /v1/video_generation was rejected. Your support ID is: 1938475610293847561\n',
  '{"message":"任务提交失败 流水号106916112212032"}',
  '{"message":"create task failed, logid=106916112212032, rid=106916112212033"}',
  'via: 1.1 job-3e2f1a2b3c4d5e6f\r\n',
  '{"message":"task failed: file 205258526306433 not found"}',
  '{"message":"video generation is not in your plan: order 88012345678901234 expired"}',
  '{"request_id":"021785229015510a2c883cf675b9804d","message":"the task failed"}',
  '{"message":"video generation file_id 205258526306433 does not exist"}',
  '{"message":"video generation order_no 205258526306433 unpaid"}',
  '{"message":"任务提交失败：账户1747179187841536150余额不足"}',
  '{"message":"任务提交失败（请求ID：20261130115530123456789）"}',
  '{"message":"task rejected client_id=1747179187841536150"}',
  '{"task":{"model":{"id":"MiniMax-H3"},"count":3}}',
  '{"task":{"owner":{"id":"7"}}}',
  '',
])('there is none in %j', (text) => {
  expect(found(text)).toBeNull();
});

describe('of an answer with an id that was sent', () => {
  const [old, made] = ['424010985738700', '424010985738701'];
  const sent = `{"source_task_id":"${old}","prompt":"task 106916112212032 of 42401098573…"}`;
  const foundBeside = (text: string) => findTaskId(text, parseAnswer(text)?.fields ?? null, sent);

  test.each([
    `{"message":"source_task_id: ${old} not found or expired"}`,
    `{"source_task_id":"${old}"}`,
    '{"message":"prompt refused: task 106916112212032"}\n',
    `{"message":"task ${old} is still running"}`,
  ])('%s quotes it', (text) => {
    expect(foundBeside(text)).toBeNull();
  });

  test.each([
    `{"message":"task ${old} is being made anew as task ${made} "}`,
    `{"message":"tasks running: task ${old} and ${made}"}`,
    `{"message":"task ids: ${old}, ${made}"}`,
    `{"message":"v task ${old} w ${made}"}`,
    `{"message":"task ${old}/${made}"}`,
    `{"task_ids":["${old}","${made}"],`,
  ])('%s names another', (text) => {
    expect(foundBeside(text)).toBe(made);
  });

  test.each([
    ['a neon sign: task id: 471100', 'task id: 471100'],
    ['a poster "task id: unit-0042-b"', 'task id: unit-0042-b'],
    ['https://cdn.example.com/f.png?task_id=abc12345&w=1', '?task_id=abc12345&w=1'],
    ['https://cdn.example.com/f.png?task_id=job-2026-0001&w=1', '?task_id=job-2026-0001&w=1'],
    ['https://cdn.example.com/photo_task_01HXZ4M7Q2V9.png', '/photo_task_01HXZ4M7Q2V9.png'],
    ['https://c.example/job/20261130_106916112212099.png', '/job/20261130_106916112212099.png'],
    ['a sign: 任务task_id：847291号', '敏感内容：任务task_id：847291号'],
    ['task id 0F0F0F0F-1111-2222-3333-444444444444', 'id 0f0f0f0f-1111-2222-3333-444444444444'],
    ['a screen: {"task_id":"106916112212032"}', 'a screen: {"task_id":"106916112212032"}'],
    ['task 106916112212032999', 'task 106916112212032... '],
    ['a screen: {"task_id":"ab12"}', 'a screen: {"task_id":"ab12"}'],
    ['task id: unit-0042-b', 'task id: unit-00... '],
    ['task\n106916112212032 done', 'task\n106916112212032 done'],
  ])('of %j is quoted, also in part', (prompt, echo) => {
    const text = JSON.stringify({ error: { message: `task refused: ${echo} ` } });
    const request = JSON.stringify({ prompt });
    expect(findTaskId(text, parseAnswer(text)!.fields, request)).toBeNull();
  });

  test.each([
    ['upstreamTaskId', 'rate limit; upstreamTaskId: 106916112212032, wait'],
    ['generationTaskId', 'generationTaskId=106916112212032\n'],
    ['my generationId', '{"generationId":"106916112212032"}'],
    ['the taskIdentifier', '{"message":"taskIdentifier 106916112212032 is running"}'],
    ['videogeneration', '{"message":"videogeneration 106916112212032 is queued"}'],
    ['v2_task_id', '{"message":"v2_task_id: 106916112212032 "}'],
    ['my account', '{"message":"task \\"my account\\" is queued as 106916112212032 "}'],
    ['a, b "c"', '{"message":"task a, b \\"c\\" is queued as 106916112212032 "}'],
    ['task', '{"message":"rate limit: task 106916112212032 is queued"}'],
    ['task_id1 task1 _task_', '{"message":"task1 106916112212032 "}'],
  ])('%s hides no other', (prompt, text) => {
    const request = JSON.stringify({ prompt });
    expect(findTaskId(text, parseAnswer(text)?.fields ?? null, request)).toBe('106916112212032');
  });

  test('what stands in a field for a task counts all the same', () => {
    expect(foundBeside(`{"task_id":"${old}"}`)).toBe(old);
  });

  test('one that was cut is none that was sent', () => {
    expect(foundBeside('{"task_id":"42401098573')).toBe('42401098573…');
  });
});

test('a request of twenty megabytes is looked at as far as it may be quoted', () => {
  const sent = JSON.stringify({ prompt: 'task 471100', image: 'A1'.repeat(10_000_000) });
  expect(findTaskId('task id: 471100\n', null, sent)).toBeNull();
  expect(findTaskId('task id: 471101\n', null, sent)).toBe('471101');
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
    'task '.repeat(mega / 5),
    '<b>task '.repeat(mega / 8),
    '\\u0022'.repeat(mega / 6),
    'task user 10691611221203 '.repeat(mega / 25),
    `task${'1-'.repeat(mega / 2)}`,
    'task_a'.repeat(mega / 6),
    'task id <'.repeat(mega / 9),
    '<'.repeat(mega),
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

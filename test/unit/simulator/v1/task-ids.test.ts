import { describe, expect, test } from '@jest/globals';
import {
  decodeFileId,
  decodeTaskId,
  encodeFileId,
  encodeTaskId,
} from '../../../../src/simulator/v1/task-ids.ts';
import { Tasks } from '../../../../src/simulator/v1/tasks.ts';
import { ORDINARY } from '../../../../src/simulator/v1/scenarios.ts';
import { Clock } from '../helpers.ts';

const facts = {
  startedAtSeconds: Date.UTC(2026, 10, 1) / 1000,
  output: 3,
  scenario: 7,
  sequence: 42,
};

describe('task ids', () => {
  test('an id has fifteen digits and says again what went in', () => {
    expect(encodeTaskId(facts)).toMatch(/^\d{15}$/);
    expect(decodeTaskId(encodeTaskId(facts))).toEqual(facts);
    expect(decodeFileId(encodeFileId(facts))).toEqual(facts);
  });

  test('an id never begins with 0, because it also goes out as a JSON number', () => {
    const first = { ...facts, startedAtSeconds: Date.UTC(2025, 0, 1) / 1000 };
    expect(String(Number(encodeTaskId(first)))).toHaveLength(15);
    expect(String(Number(encodeFileId(first)))).toHaveLength(15);
  });

  test('a task id is no file id, nor the reverse', () => {
    expect(decodeFileId(encodeTaskId(facts))).toBeUndefined();
    expect(decodeTaskId(encodeFileId(facts))).toBeUndefined();
  });

  test.each(['', '1', 'abcdefghijklmno', '1069161122120321', '000000000000000', '999999999999999'])(
    'what is no id is not decoded: %j',
    (id) => {
      expect(decodeTaskId(id)).toBeUndefined();
      expect(decodeFileId(id)).toBeUndefined();
    },
  );
});

describe('tasks', () => {
  test('a thousand tasks and more in one second all get their own id', () => {
    const tasks = new Tasks(new Clock().now);
    const ids = Array.from({ length: 2500 }, () => tasks.create(0, ORDINARY, 0).id);
    expect(new Set(ids).size).toBe(2500);
  });

  test('a task of another process is known for 90 days', () => {
    const clock = new Clock();
    const { id } = new Tasks(clock.now).create(0, ORDINARY, 0);
    clock.ms += 89 * 24 * 3_600_000;
    expect(new Tasks(clock.now).find(id)).toMatchObject({ id });
    clock.ms += 2 * 24 * 3_600_000;
    expect(new Tasks(clock.now).find(id)).toBeUndefined();
  });

  test('what is remembered is bounded, and the ids of forgotten tasks still speak', () => {
    const tasks = new Tasks(new Clock().now);
    const first = tasks.create(1, ORDINARY, 0);
    for (let made = 0; made < 10_000; made += 1) tasks.create(0, ORDINARY, 0);
    const again = tasks.find(first.id);
    expect(again).not.toBe(first);
    expect(again).toMatchObject({ id: first.id, fileId: first.fileId, output: first.output });
  });
});

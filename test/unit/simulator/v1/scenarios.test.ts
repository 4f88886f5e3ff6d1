import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  SUBMIT_SCENARIOS,
  TASK_SCENARIOS,
  readWishes,
  taskScenario,
} from '../../../../src/simulator/v1/scenarios.ts';
import { STATUS_MESSAGES } from '../../../../src/simulator/v1/status-codes.ts';

const tags = [...SUBMIT_SCENARIOS, ...TASK_SCENARIOS].map(({ tag }) => tag);

describe('the table of scenarios', () => {
  test('docs/simulator.md lists every tag once, and none that does not exist', () => {
    const page = readFileSync(new URL('../../../../docs/simulator.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `#sim:([a-z0-9-]+)`/gm)].map(([, tag]) => tag);
    expect(documented.toSorted()).toEqual(tags.toSorted());
  });

  test('there is a tag for every status code, at submit and at query', () => {
    for (const code of Object.keys(STATUS_MESSAGES)) {
      expect(tags).toEqual(expect.arrayContaining([`submit-${code}`, `query-${code}`]));
    }
  });

  test('every tag has its own name and a number of two digits that is its own', () => {
    const numbers = TASK_SCENARIOS.map(({ number }) => number);
    expect(new Set(tags).size).toBe(tags.length);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => number > 0 && number < 100)).toBe(true);
  });

  // Ids outlive versions: changing one of these would change what happens to tasks already handed out.
  test('numbers stay with their tags', () => {
    const pairs = TASK_SCENARIOS.map(({ number, tag }) => `${number} ${tag}`);
    expect(pairs).toMatchInlineSnapshot(`
     [
       "1 fail",
       "2 fail-1026",
       "3 fail-1027",
       "4 fail-message",
       "5 failed-word",
       "6 unknown-word",
       "7 upper-case",
       "8 no-file",
       "9 stuck",
       "10 slow-render",
       "11 fast",
       "20 query-1000",
       "21 query-1001",
       "22 query-1002",
       "23 query-1004",
       "24 query-1008",
       "25 query-1013",
       "26 query-1024",
       "27 query-1026",
       "28 query-1027",
       "29 query-1028",
       "30 query-1030",
       "31 query-1033",
       "32 query-1039",
       "33 query-1041",
       "34 query-1042",
       "35 query-1043",
       "36 query-1044",
       "37 query-2013",
       "38 query-2037",
       "39 query-2038",
       "40 query-2039",
       "41 query-2042",
       "42 query-2045",
       "43 query-2048",
       "44 query-2049",
       "45 query-2056",
       "46 query-2061",
       "47 query-20132",
       "50 query-http-500",
       "51 query-html",
       "52 query-reset",
       "53 query-hang",
       "60 retrieve-1000",
       "61 retrieve-1001",
       "62 retrieve-1002",
       "63 retrieve-1004",
       "64 retrieve-1008",
       "65 retrieve-1013",
       "66 retrieve-1026",
       "67 retrieve-1027",
       "68 retrieve-1039",
       "69 retrieve-2013",
       "70 retrieve-no-url",
       "71 short-link",
     ]
    `);
  });
});

describe('reading a prompt', () => {
  test('a prompt without tags wishes for nothing', () => {
    expect(readWishes('A cat [Push in], #similar')).toEqual({
      task: taskScenario(0),
      taskTimes: 2,
    });
  });

  test('a tag is found anywhere and in any case', () => {
    expect(readWishes('A cat#SIM:Fail-1027, on a surfboard')).toMatchObject({
      task: { tag: 'fail-1027' },
    });
  });

  test('one tag for the submit and one for the task go together', () => {
    expect(readWishes('#sim:submit-1002x3 cat #sim:query-1004x5')).toMatchObject({
      submit: { tag: 'submit-1002', times: 3 },
      task: { tag: 'query-1004' },
      taskTimes: 5,
    });
  });

  test.each(['#sim:fail #sim:fast', '#sim:submit-1002 #sim:submit-1026'])(
    'two tags for the same moment are refused: %s',
    (prompt) => {
      expect(readWishes(prompt)).toMatch(/docs\/simulator\.md/);
    },
  );

  test.each(['#sim:', '#sim:nonsense', '#sim:submit-9999', '#sim:failx2', '#sim:submit-slowx2'])(
    'an unknown tag is refused with the place where tags are listed: %s',
    (prompt) => {
      expect(readWishes(prompt)).toMatch(/unknown simulator tag .*docs\/simulator\.md/);
    },
  );
});

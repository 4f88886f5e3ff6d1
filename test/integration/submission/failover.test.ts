import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { expectWholeLog } from '../../support/uncertain.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await loseNone();
  await app.stop();
});

async function loseNone(): Promise<void> {
  await app.database.pool.query(
    'DROP TRIGGER IF EXISTS lose ON submission; DROP FUNCTION IF EXISTS lose; DROP SEQUENCE IF EXISTS loses',
  );
}

/** The first writes of this outcome into records are as if they had never been made, though they succeeded. */
async function loseFirst(outcome: string, times = 1): Promise<void> {
  await app.database.pool.query(`
    CREATE SEQUENCE loses;
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RETURN CASE WHEN nextval('loses') > ${times} THEN NEW END;
    END $$;
    CREATE TRIGGER lose BEFORE UPDATE ON submission FOR EACH ROW
      WHEN (NEW.outcome = '${outcome}') EXECUTE FUNCTION lose();`);
}

describe('a record whose commit a standby did not have when it took over', () => {
  test('of an accepted submission is stored again, before the generation moves', async () => {
    await loseFirst('ACCEPTED');
    const { generation } = await app.create();
    expect(generation.status).toBe('PROCESSING');
    const { taskId } = await look(app, generation.id);
    expect(await recordsOf(app, generation.id)).toMatchObject([{ outcome: 'ACCEPTED', taskId }]);
    await loseNone();
    await expectWholeLog(app);
  });

  test.each([
    ['a refusal', 1026, 'FAILED'],
    ['what is sent again later', 1002, 'QUEUED'],
  ])('of %s too', async (_what, code, status) => {
    app.upstream.onSubmit(coded(code));
    await loseFirst('REFUSED');
    const { generation } = await app.create();
    expect(generation.status).toBe(status);
    expect(await recordsOf(app, generation.id)).toMatchObject([
      { outcome: 'REFUSED', statusCode: code },
    ]);
  });

  test('of an answer that tells nothing too', async () => {
    app.upstream.onSubmit({ status: 504, text: 'gateway' });
    await loseFirst('UNKNOWN');
    const { generation } = await app.create();
    expect(generation.status).toBe('UNCERTAIN');
    expect(await recordsOf(app, generation.id)).toMatchObject([
      { outcome: 'UNKNOWN', httpStatus: 504 },
    ]);
  });

  test('leaves the generation as it is when it is lost again, and the lease settles it', async () => {
    // Each time it is tried twice.
    await loseFirst('ACCEPTED', 4);
    const creating = app.create();
    await until(() => app.logLines.some((line) => line.includes('the database had lost it')));
    const [{ id }] = (await app.graphql('{ generations { nodes { id } } }')).data.generations.nodes;
    expect((await look(app, id)).status).toBe('SUBMITTING');
    await step(app, 61_000);
    expect(await look(app, id)).toMatchObject({ status: 'UNCERTAIN' });
    expect(await recordsOf(app, id)).toMatchObject([{ outcome: 'UNKNOWN' }]);
    await creating;
    expect(app.upstream.submits).toHaveLength(1);
    await loseNone();
    await expectWholeLog(app);
  });
});

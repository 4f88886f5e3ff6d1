import { expect } from '@jest/globals';
import { verifyAuditLog } from '../../src/audit/verify.ts';
import type { TestApp } from './app.ts';
import { ask, rowOf } from './holds.ts';

/** What MiniMax may have accepted. */
export const lost = { status: 504, text: 'gateway' };

export const taskId = '106916112212031';

/** What the record of a submission tells. */
export const accepted = { outcome: 'ACCEPTED', taskId } as const;
export const flagged = {
  outcome: 'REFUSED',
  statusCode: 1026,
  statusMessage: 'sensitive',
} as const;

/** A generation of which nobody knows whether MiniMax accepted it. */
export async function uncertain(app: TestApp, input = {}): Promise<string> {
  app.upstream.onSubmit(lost);
  const { generation } = await app.create(input);
  expect(generation.status).toBe('UNCERTAIN');
  return generation.id;
}

/** What a decision about it, as it is now, is answered: why it was not made. */
export async function decide(
  app: TestApp,
  id: string,
  decision: string,
  given = '',
): Promise<{ code: string }[]> {
  const { version } = await rowOf(app, id);
  const of = decision.startsWith('retry') ? '' : `, version: ${version}`;
  const data = await ask(
    app,
    `mutation { done: ${decision}(id: "${id}" ${of} ${given}) { userErrors { code message } } }`,
  );
  return data.done.userErrors;
}

/** As a server leaves a record that stores what MiniMax answered late, and comes to nothing more. */
export async function told(app: TestApp, id: string, number: number, answer: object) {
  const { count } = await app.database.prisma.submission.updateMany({
    where: { generationId: id, number },
    data: { settledBy: null, settledAt: app.clock.now(), ...answer },
  });
  expect(count).toBe(1);
}

export async function expectWholeLog({ database }: TestApp): Promise<void> {
  const trust = { publicKeys: new Set<string>(), pinned: false };
  const { firstBad } = await verifyAuditLog(database.prisma, { trust, expected: [] });
  expect(firstBad).toBeNull();
}

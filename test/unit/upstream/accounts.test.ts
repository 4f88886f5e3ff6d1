import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Accounts } from '../../../src/upstream/accounts.ts';

const stem = 'https://api.minimax.io';
const apiKey = 'key';

function accounts(baseUrl: string): Accounts {
  return new Accounts({
    sending: { name: 'main', baseUrl, apiKey },
    ...{ former: [], timeoutMs: 1_000, simulated: false },
  });
}

test.each([
  `${stem}/`,
  `${stem}/v1`,
  `${stem}/v2/`,
  `${stem}/anthropic`,
  'HTTPS://API.minimax.io:443',
])('%s is the account of the same key without it', async (baseUrl) => {
  const plain = accounts(stem);
  const other = accounts(baseUrl);
  expect(other.sending.id).toBe(plain.sending.id);
  // What was sent before spellings were one account.
  const asWritten = createHash('sha256').update(`${baseUrl} ${apiKey}`).digest('hex').slice(0, 16);
  expect(other.of(asWritten)).toBe(other.sending);
  await Promise.all([plain.close(), other.close()]);
});

test('another path or host is another account', async () => {
  const ids = [stem, `${stem}/proxy`, 'https://api.minimaxi.com'].map((url) => accounts(url));
  expect(new Set(ids.map(({ sending }) => sending.id)).size).toBe(3);
  await Promise.all(ids.map((each) => each.close()));
});

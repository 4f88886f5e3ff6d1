import { describe, expect, test } from '@jest/globals';
import { riskOf, sumOf } from '../../../console/src/parts/money.ts';

const usd = (amount: string) => ({ amount, currency: 'USD' });
const sent = (outcome: string, amount: string | null = '0.28') => ({
  outcome,
  listPrice: amount === null ? null : usd(amount),
});

describe('what it may come to to send it once more', () => {
  test('is its price and that of every request whose answer was lost', () => {
    const twiceLost = {
      listPrice: usd('0.28'),
      submissions: [sent('UNKNOWN'), sent('REFUSED'), sent('UNKNOWN')],
    };
    expect(riskOf([twiceLost])).toEqual({
      times: 3,
      lost: { text: '$0.56', unknown: 0 },
      worst: { text: '$0.84', unknown: 0 },
    });
    const refused = { listPrice: usd('0.5'), submissions: [sent('REFUSED')] };
    expect(riskOf([twiceLost, refused])).toMatchObject({ times: 4, worst: { text: '$1.34' } });
  });

  test('tells how many have no price', () => {
    const one = { listPrice: null, submissions: [sent('UNKNOWN', null)] };
    expect(riskOf([one]).worst).toEqual({ text: '$0.00', unknown: 2 });
  });
});

test('a sum loses no part of a cent, and shows no more places than it needs', () => {
  expect(sumOf([usd('0.0125'), usd('0.1')]).text).toBe('$0.1125');
  expect(sumOf([usd('0.1'), usd('0.2')]).text).toBe('$0.30');
});

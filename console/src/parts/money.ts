type Price = { amount: string; currency: string } | null;

/** An amount as the price list has it: no rounding, since what is paid must be seen. */
export function moneyOf(money: Price | undefined): string {
  if (!money) return '';
  const [whole, cents = ''] = money.amount.split('.');
  const padded = `${whole}.${cents.padEnd(2, '0')}`;
  return money.currency === 'USD' ? `$${padded}` : `${padded} ${money.currency}`;
}

/** The sum of list prices, and how many have none. */
export function sumOf(prices: readonly Price[]) {
  const known = prices.filter((price) => price !== null);
  const total = known.reduce((sum, { amount }) => sum + Number(amount), 0);
  // List prices have four places at most.
  const amount = total.toFixed(4).replace(/0{1,2}$/, '');
  return {
    text: moneyOf({ amount, currency: known[0]?.currency ?? 'USD' }),
    unknown: prices.length - known.length,
  };
}

export interface Sent {
  listPrice: Price;
  submissions: readonly { outcome: string; listPrice: Price }[];
}

/** Of these: each request whose answer was lost may be paid, besides what is sent once more. */
export function riskOf(generations: readonly Sent[]) {
  const lost = generations
    .flatMap(({ submissions }) => submissions)
    .filter(({ outcome }) => outcome === 'UNKNOWN')
    .map(({ listPrice }) => listPrice);
  return {
    /** How many requests may be paid when each is sent once more. */
    times: generations.length + lost.length,
    lost: sumOf(lost),
    worst: sumOf([...generations.map(({ listPrice }) => listPrice), ...lost]),
  };
}

/** An amount as the price list has it: no rounding, since what is paid must be seen. */
export function moneyOf(money: { amount: string; currency: string } | null | undefined): string {
  if (!money) return '';
  const [whole, cents = ''] = money.amount.split('.');
  const padded = `${whole}.${cents.padEnd(2, '0')}`;
  return money.currency === 'USD' ? `$${padded}` : `${padded} ${money.currency}`;
}

/** The sum of list prices, and how many have none. */
export function sumOf(prices: readonly ({ amount: string; currency: string } | null)[]) {
  const known = prices.filter((price) => price !== null);
  const total = known.reduce((sum, { amount }) => sum + Number(amount), 0);
  return {
    text: moneyOf({ amount: total.toFixed(2), currency: known[0]?.currency ?? 'USD' }),
    unknown: prices.length - known.length,
  };
}

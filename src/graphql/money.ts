import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'An amount of money.' })
export class Money {
  @Field(() => String, { description: 'Decimal number as text, e.g. `"0.28"`.' })
  amount!: string;

  @Field(() => String, { description: 'ISO 4217 code, e.g. `USD`.' })
  currency!: string;
}

/** What of a decimal number is needed to write it. */
export interface Decimal {
  decimalPlaces(): number;
  toFixed(decimalPlaces: number): string;
}

/** With two digits behind the point, or more where there are more: nothing is rounded. */
export function toMoney(amount: Decimal, currency: string): Money {
  return { amount: amount.toFixed(Math.max(2, amount.decimalPlaces())), currency };
}

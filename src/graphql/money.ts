import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'An amount of money.' })
export class Money {
  @Field(() => String, { description: 'Decimal number as text, e.g. `"0.28"`.' })
  amount!: string;

  @Field(() => String, { description: 'ISO 4217 code, e.g. `USD`.' })
  currency!: string;
}

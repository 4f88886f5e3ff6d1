import { Field, InputType, registerEnumType } from 'type-graphql';
import { DateTimeScalar, DecimalScalar } from './scalars.ts';

export const OrderDirectionEnum = { ASC: 'ASC', DESC: 'DESC' } as const;
registerEnumType(OrderDirectionEnum, {
  name: 'OrderDirection',
  description: 'Which end comes first.',
  valuesConfig: {
    ASC: { description: 'Smallest or oldest first.' },
    DESC: { description: 'Largest or newest first.' },
  },
});

@InputType({ description: 'A span of time.' })
export class DateTimeRangeInput {
  @Field(() => DateTimeScalar, { nullable: true, description: 'Not before this instant.' })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this instant.' })
  to?: Date | null;
}

@InputType({ description: 'A range of decimal numbers, both ends included.' })
export class DecimalRangeInput {
  @Field(() => DecimalScalar, { nullable: true, description: 'At least this much.' })
  from?: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'At most this much.' })
  to?: string | null;
}

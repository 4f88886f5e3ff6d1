import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { toMoney, type Decimal } from '../../graphql/money.ts';
import { readUsage, type ReadUsage } from '../../upstream/cost.ts';
import type { Usage } from '../../minimax/answers.ts';

export const CostBasis = { USAGE: 'USAGE', REQUEST: 'REQUEST' } as const;
export type CostBasis = (typeof CostBasis)[keyof typeof CostBasis];

registerEnumType(CostBasis, {
  name: 'CostBasis',
  description: 'What a cost is reckoned from.',
  valuesConfig: {
    USAGE: { description: 'What MiniMax reported to have metered.' },
    REQUEST: { description: 'What was asked for, where MiniMax reported nothing.' },
  },
});

@ObjectType({ description: 'What a finished video cost by the price list.' })
export class GenerationCost {
  @Field(() => String, { description: 'Decimal number as text, e.g. `"0.40"`.' })
  amount!: string;

  @Field(() => String, { description: 'ISO 4217 code, e.g. `USD`.' })
  currency!: string;

  @Field(() => CostBasis, { description: 'What it is reckoned from.' })
  basis!: CostBasis;
}

@ObjectType('GenerationUsage', {
  description: 'What MiniMax metered. What it does not tell of is null.',
})
export class GenerationUsageType implements ReadUsage {
  @Field(() => Float, { nullable: true, description: 'Seconds of finished video.' })
  outputSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds of reference video.' })
  inputSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Both together.' })
  totalSeconds!: number | null;

  @Field(() => Int, { nullable: true, description: 'Images, frames among them.' })
  inputImageCount!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds of reference sound; free so far.' })
  inputAudioSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Tokens; not what a video is paid by.' })
  totalTokens!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Tokens that MiniMax read: what a PROMPT_ENHANCEMENT is paid by, beside the others.',
  })
  promptTokens!: number | null;

  @Field(() => Float, { nullable: true, description: 'Tokens that MiniMax wrote.' })
  completionTokens!: number | null;

  @Field(() => String, { description: 'As MiniMax sent it, as JSON.' })
  raw!: string;
}

export function toUsage(usage: Usage): GenerationUsageType {
  const { inputImageCount, ...read } = readUsage(usage);
  const isWhole = inputImageCount !== null && Number.isInteger(inputImageCount);
  return {
    ...read,
    inputImageCount: isWhole ? inputImageCount : null,
    raw: JSON.stringify(usage),
  };
}

/** What a finished one cost; null of any other, and where no price is known. */
export function costOf({
  status,
  usageCostUsd,
  listPriceUsd,
}: {
  status: string;
  usageCostUsd: Decimal | null;
  listPriceUsd: Decimal | null;
}): GenerationCost | null {
  const amount = usageCostUsd ?? listPriceUsd;
  if (status !== 'SUCCEEDED' || amount === null) return null;
  const basis = usageCostUsd === null ? CostBasis.REQUEST : CostBasis.USAGE;
  return { ...toMoney(amount, 'USD'), basis };
}

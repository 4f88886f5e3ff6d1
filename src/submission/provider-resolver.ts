import { Authorized, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import type { Logger } from '../logger.ts';
import type { MinimaxClient } from '../minimax/v1/client.ts';
import { MinimaxError } from '../minimax/errors.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { UpstreamKey } from './request-budget.ts';

@ObjectType({ description: 'Why no new submissions are sent at present.' })
export class ProviderPause {
  @Field(() => DateTimeScalar, {
    description:
      'Until then nothing is sent; afterwards one request tries whether the key works again.',
  })
  until!: Date;

  @Field(() => Int, { nullable: true, description: "MiniMax's status code, e.g. 1008." })
  code!: number | null;

  @Field(() => String, { description: 'What MiniMax said.' })
  message!: string;
}

@ObjectType({
  description: 'What the MiniMax account has left, in its currency, as MiniMax writes it.',
})
export class ProviderBalance {
  @Field(() => String, { description: 'What can be spent.' })
  available!: string;

  @Field(() => String, { nullable: true, description: 'Paid in.' })
  cash!: string | null;

  @Field(() => String, { nullable: true, description: 'From vouchers.' })
  voucher!: string | null;

  @Field(() => String, { nullable: true, description: 'On credit.' })
  credit!: string | null;

  @Field(() => String, { nullable: true, description: 'Owed to MiniMax.' })
  owed!: string | null;
}

@ObjectType({
  description: 'How much may be sent by one generation of MiniMax’s API, by all servers together.',
})
export class ProviderSending {
  @Field(() => Int, { description: '1 or 2; `videoModels` tells which one a model speaks.' })
  apiGeneration!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Submissions that may be sent within any 60 seconds; null: any number.',
  })
  requestsPerMinute!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many of them were sent within the last 60 seconds; null where they are not counted.',
  })
  usedInLastMinute!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Tasks that MiniMax may have at one time; more wait as QUEUED. Null: any number.',
  })
  inFlight!: number | null;
}

@ObjectType({ description: 'How this service stands with MiniMax.' })
export class ProviderStatus {
  @Field(() => Boolean, { description: 'True when the simulator answers instead of MiniMax.' })
  simulated!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'Submissions of the first API generation that may be sent within any 60 seconds, by all servers together; null: any number.',
  })
  requestsPerMinute!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many of them were sent within the last 60 seconds; null where there may be any number, since they are not counted then.',
  })
  usedInLastMinute!: number | null;

  @Field(() => [ProviderSending], { description: 'The limits of each API generation.' })
  sending!: ProviderSending[];

  @Field(() => ProviderPause, {
    nullable: true,
    description: 'Set while MiniMax does not accept the key or its balance; null when all is well.',
  })
  pause!: ProviderPause | null;

  @Field(() => ProviderBalance, {
    nullable: true,
    description:
      'Asked of MiniMax for this query; null where it offers none, as for subscription keys.',
  })
  balance!: ProviderBalance | null;
}

/** For admins: whether the way to MiniMax is open. */
@Resolver(() => ProviderStatus)
export class ProviderResolver {
  readonly #options: { key: UpstreamKey; client: MinimaxClient; log: Logger; simulated: boolean };

  constructor(options: {
    key: UpstreamKey;
    client: MinimaxClient;
    log: Logger;
    simulated: boolean;
  }) {
    this.#options = options;
  }

  @Query(() => ProviderStatus, {
    description: 'For admins and auditors: how this service stands with MiniMax.',
  })
  @Authorized<Permission>('seeAll')
  async providerStatus(): Promise<ProviderStatus> {
    const [status, balance] = await Promise.all([this.#options.key.status(), this.#balance()]);
    const { requestsPerMinute, usedInLastMinute } = status.sending[0]!;
    const { simulated } = this.#options;
    return { ...status, requestsPerMinute, usedInLastMinute, balance, simulated };
  }

  async #balance(): Promise<ProviderBalance | null> {
    try {
      return await this.#options.client.queryBalance();
    } catch (error) {
      if (!(error instanceof MinimaxError)) throw error;
      // Keys of subscriptions have none; only what never arrived is worth a look.
      const level = error.cause === undefined ? 'debug' : 'warn';
      const { statusCode } = error;
      this.#options.log[level]({ statusCode, error: error.cause }, 'MiniMax tells no balance');
      return null;
    }
  }
}

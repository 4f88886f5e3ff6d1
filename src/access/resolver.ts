import {
  Arg,
  Authorized,
  Ctx,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import { CallerKindEnum } from '../graphql/caller-kind.ts';
import type { Caller, Role } from '../graphql/caller.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';
import { isId } from '../graphql/ids.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { isUsable, type ApiKey, type ApiKeys, type IssuedApiKey } from './api-keys.ts';
import { isName, isPurpose, nameRule } from './names.ts';
import { may, type Permission } from './permissions.ts';

const RoleEnum: { [R in Role]: R } = { CLIENT: 'CLIENT', AUDITOR: 'AUDITOR', ADMIN: 'ADMIN' };
registerEnumType(RoleEnum, {
  name: 'CallerRole',
  description: 'What a caller may do.',
  valuesConfig: {
    CLIENT: { description: 'Requests generations and sees its own, and those of its tenant.' },
    AUDITOR: { description: 'Reads everything, changes nothing.' },
    ADMIN: { description: 'Sees and does everything.' },
  },
});

@ObjectType({
  description:
    'Requests that may be made within a minute, over HTTP and WebSocket. Each field of a mutation that requests a video (`createVideoGeneration`, `retryVideoGeneration`, `resubmitVideoGeneration`) counts as one; an operation without any counts as one too.',
})
export class RateLimit {
  @Field(() => Int, { description: 'How many in a whole minute.' })
  limit!: number;

  @Field(() => Int, {
    description:
      'How many are left, this one counted. Of servers that share a database each knows what the others took when it last asked: up to a twentieth of the limit for each of them may be missing.',
  })
  remaining!: number;

  @Field(() => Int, { description: 'Seconds until the limit is whole again.' })
  resetSeconds!: number;
}

@ObjectType('Caller', { description: 'Who asks.' })
export class CallerType {
  @Field(() => String, {
    description: 'Generations belong to it; it stays the same when a key is rotated.',
  })
  callerId!: string;

  @Field(() => CallerKindEnum, { description: 'How it is known.' })
  kind!: Caller['kind'];

  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;

  @Field(() => String, {
    nullable: true,
    description: 'Callers of one tenant see each other’s generations.',
  })
  tenant!: string | null;

  @Field(() => RateLimit, {
    nullable: true,
    description:
      'What is left of its requests. Null: it has no limit. Over HTTP the headers RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset say the same.',
  })
  rateLimit!: RateLimit | null;
}

@ObjectType('ApiKey', {
  implements: Node,
  description: 'An API key, without the key itself: only its hash is stored.',
})
export class ApiKeyType extends Node {
  @Field(() => String, { description: 'Whose key it is.' })
  callerId!: string;

  @Field(() => String, { description: 'What it is for, as given.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'What its caller may do.' })
  role!: Role;

  @Field(() => String, { nullable: true, description: 'The tenant of its caller.' })
  tenant!: string | null;

  @Field(() => String, {
    description: 'The first part of the key, to recognise it by, e.g. `rg_1f0c9a2b`.',
  })
  prefix!: string;

  @Field(() => Boolean, { description: 'Whether it works now: neither revoked nor expired.' })
  usable!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it stops working; null: never by itself.',
  })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was last used, to the minute.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType({ description: 'A key that was just made.' })
export class IssuedApiKeyPayload {
  @Field(() => ApiKeyType, { description: 'What is stored of it.' })
  apiKey!: ApiKeyType;

  @Field(() => String, { description: 'The key itself. It is shown now and never again.' })
  secret!: string;
}

@InputType({ description: 'A new API key.' })
export class CreateApiKeyInput {
  @Field(() => String, {
    description:
      'Whose key it is, e.g. `web-shop`: 1 to 100 letters, digits and `._-`. Keys of one caller share its generations.',
  })
  callerId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What it is for, at most 100 characters, none of them a control character. Left out: the caller.',
  })
  name?: string | null;

  @Field(() => RoleEnum, { description: 'What its caller may do.' })
  role!: Role;

  @Field(() => String, {
    nullable: true,
    description:
      'Callers of one tenant see each other’s generations: 1 to 100 letters, digits and `._-`.',
  })
  tenant?: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it stops working. Left out: never by itself.',
  })
  expiresAt?: Date | null;
}

const hourMs = 3_600_000;

/** For admins: who may use this service. */
@Resolver()
export class ApiKeyResolver {
  readonly #apiKeys: ApiKeys;
  readonly #now: () => Date;

  constructor(options: { apiKeys: ApiKeys; now: () => Date }) {
    this.#apiKeys = options.apiKeys;
    this.#now = options.now;
  }

  @Query(() => CallerType, { description: 'Who you are to this service.' })
  me(@Ctx() { caller, budget }: Context): CallerType {
    return { ...caller, callerId: caller.id, rateLimit: budget };
  }

  @Query(() => [ApiKeyType], {
    description: 'For admins: the API keys, newest first, 500 at most.',
  })
  @Authorized<Permission>('administer')
  async apiKeys(): Promise<ApiKeyType[]> {
    return (await this.#apiKeys.list()).map((key) => this.#show(key));
  }

  @Mutation(() => IssuedApiKeyPayload, {
    description: 'For admins: makes an API key. The key is shown in the answer and never again.',
  })
  @Authorized<Permission>('administer')
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The key.' }) input: CreateApiKeyInput,
    @Ctx() context: Context,
  ): Promise<IssuedApiKeyPayload> {
    const { callerId, role, tenant, expiresAt } = input;
    const name = input.name ?? callerId;
    if (!isName(callerId) || (tenant != null && !isName(tenant))) {
      throw new ApiError('BAD_USER_INPUT', `A caller or tenant has ${nameRule}.`);
    }
    if (!isPurpose(name)) {
      throw new ApiError(
        'BAD_USER_INPUT',
        'A name has at most 100 characters, none of them a control character.',
      );
    }
    if (expiresAt && expiresAt <= this.#now()) {
      throw new ApiError('BAD_USER_INPUT', '`expiresAt` lies in the past: give a later instant.');
    }
    return this.#issued(
      await this.#apiKeys.create(
        { callerId, name, role, tenant: tenant ?? null, expiresAt: expiresAt ?? null },
        context,
      ),
    );
  }

  @Mutation(() => IssuedApiKeyPayload, {
    description:
      'For admins: makes a new key for the same caller; the old one goes on working for a while, so that nobody is locked out.',
  })
  @Authorized<Permission>('administer')
  async rotateApiKey(
    @Arg('id', () => ID, { description: 'The old key.' }) id: string,
    @Arg('overlapHours', () => Int, {
      defaultValue: 24,
      description: 'How long the old key goes on working, 0 to 720 hours.',
    })
    overlapHours: number,
    @Ctx() context: Context,
  ): Promise<IssuedApiKeyPayload> {
    if (overlapHours < 0 || overlapHours > 720) {
      throw new ApiError('BAD_USER_INPUT', '`overlapHours` lies between 0 and 720.');
    }
    await this.#demandKey(id);
    const issued = await this.#apiKeys.rotate(id, overlapHours * hourMs, context);
    if (!issued)
      throw new ApiError('BAD_USER_INPUT', 'This key does not work any more: make a new one.');
    return this.#issued(issued);
  }

  @Mutation(() => ApiKeyType, { description: 'For admins: ends a key at once.' })
  @Authorized<Permission>('administer')
  async revokeApiKey(
    @Arg('id', () => ID, { description: 'The key.' }) id: string,
    @Ctx() context: Context,
  ): Promise<ApiKeyType> {
    await this.#demandKey(id);
    return this.#show((await this.#apiKeys.revoke(id, context))!);
  }

  /** Those of the ids that there are, for admins. */
  async findNodes(ids: readonly string[], { caller }: Context): Promise<ApiKeyType[]> {
    if (!may(caller, 'administer')) return [];
    return (await this.#apiKeys.findMany(ids)).map((key) => this.#show(key));
  }

  async #demandKey(id: string): Promise<void> {
    if (!isId(id) || !(await this.#apiKeys.find(id))) {
      throw new ApiError('NOT_FOUND', 'There is no API key with this id.');
    }
  }

  #issued({ apiKey, secret }: IssuedApiKey): IssuedApiKeyPayload {
    return { apiKey: this.#show(apiKey), secret };
  }

  #show(key: ApiKey): ApiKeyType {
    return { ...key, usable: isUsable(key, this.#now()) };
  }
}

import { Authorized, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import type { Config, VariableName } from '../config.ts';
import { about } from './about.ts';
import { shown } from './shown.ts';

@ObjectType({ description: 'One thing that the operator of the service decides.' })
export class Setting {
  @Field(() => String, { description: 'The environment variable, e.g. `MINIMAX_RPM`.' })
  name!: string;

  @Field(() => String, { description: 'What it decides, in a line.' })
  about!: string;

  @Field(() => Boolean, {
    description: 'Whether the variable is set where this server runs; else its default holds.',
  })
  isSet!: boolean;

  @Field(() => Boolean, {
    description:
      'True of keys, of what may have credentials, and of addresses, paths and the like: of these nothing is told but `isSet`.',
  })
  isHidden!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'What holds, written as the variable is: a number, `on` or `off`, a list with commas. Null when it is hidden, when nothing holds, and where it does not apply.',
  })
  value!: string | null;
}

/** What the operator has decided, without what must not leave the server. */
@Resolver()
export class SettingsResolver {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  @Query(() => [Setting], {
    description:
      'For admins: how the server that answers is set, by the names and in the order of `.env.example`. Servers that share a database may be set differently.',
  })
  @Authorized<Permission>('administer')
  settings(): Setting[] {
    return (Object.keys(shown) as VariableName[]).map((name) => ({
      ...{ name, about: about[name], isSet: this.#config.given.includes(name) },
      isHidden: shown[name] === 'HIDDEN',
      value: this.#valueOf(name),
    }));
  }

  #valueOf(name: VariableName): string | null {
    const show = shown[name];
    const value = show === 'HIDDEN' ? null : show(this.#config);
    if (value === null) return null;
    if (typeof value === 'boolean') return value ? 'on' : 'off';
    return typeof value === 'object' ? value.join(',') || null : String(value);
  }
}

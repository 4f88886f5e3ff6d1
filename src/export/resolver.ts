import {
  Arg,
  Authorized,
  Ctx,
  Field,
  Mutation,
  ObjectType,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import { AuditEventFilter } from '../audit/graphql-types.ts';
import { VideoGenerationFilter } from '../generation/api/filter-types.ts';
import type { Context } from '../graphql/context.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { Exports, Wanted } from './exports.ts';
import type { FormatName } from './formats.ts';

const ExportFormat: { [Name in FormatName]: Name } = { CSV: 'CSV', NDJSON: 'NDJSON' };
registerEnumType(ExportFormat, {
  name: 'ExportFormat',
  description: 'How an export is written.',
  valuesConfig: {
    CSV: {
      description:
        'Comma-separated values (RFC 4180) in UTF-8, with a byte order mark and a header. A text that a spreadsheet would take for a formula has an apostrophe in front.',
    },
    NDJSON: { description: 'One JSON object a line, with every value as it is.' },
  },
});

@ObjectType({ description: 'An export that can be downloaded.' })
export class ExportPayload {
  @Field(() => String, {
    description:
      'Where to download it, as often as wanted. Whoever has this address can: it needs no other credentials, and it ends with the API key that asked for it. With `404` there is no such export, with `410` it has ended, with `503` too many are being downloaded at the moment.',
  })
  url!: string;

  @Field(() => DateTimeScalar, {
    description: 'Until when a download can begin: 15 minutes from now.',
  })
  expiresAt!: Date;

  @Field(() => ExportFormat, { description: 'How it is written.' })
  format!: FormatName;
}

const formatArgument = {
  defaultValue: 'CSV',
  description: 'How it is to be written.',
} as const;

/** Everything at once, as a file. */
@Resolver()
export class ExportResolver {
  readonly #exports: Exports;
  readonly #baseUrl: string;

  /** `baseUrl` is where downloads are mounted, as browsers reach it. */
  constructor(options: { exports: Exports; baseUrl: string }) {
    this.#exports = options.exports;
    this.#baseUrl = options.baseUrl;
  }

  @Mutation(() => ExportPayload, {
    description:
      'Prepares a file with all the generations that match and that you may see, oldest first. It is read when it is downloaded: what was created until then is in it, as it is then. Without links to videos.',
  })
  async exportGenerations(
    @Arg('filter', () => VideoGenerationFilter, {
      nullable: true,
      description: 'Which ones; left out: all that you may see.',
    })
    filter: VideoGenerationFilter | null,
    @Arg('format', () => ExportFormat, formatArgument) format: FormatName,
    @Ctx() context: Context,
  ): Promise<ExportPayload> {
    return await this.#request({ what: 'GENERATIONS', filter: filter ?? {} }, format, context);
  }

  @Mutation(() => ExportPayload, {
    description:
      'For auditors and admins: prepares a file with all the events that match, oldest first, up to the moment of the download. Beside its hash each has `content`, the text that it was made of, so that the chain can be checked elsewhere.',
  })
  @Authorized<Permission>('seeAll')
  async exportAuditEvents(
    @Arg('filter', () => AuditEventFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: AuditEventFilter | null,
    @Arg('format', () => ExportFormat, formatArgument) format: FormatName,
    @Ctx() context: Context,
  ): Promise<ExportPayload> {
    return await this.#request({ what: 'AUDIT_EVENTS', filter: filter ?? {} }, format, context);
  }

  async #request(wanted: Wanted, format: FormatName, context: Context): Promise<ExportPayload> {
    const { stored, token } = await this.#exports.request(wanted, format, context);
    const { id, expiresAt } = stored;
    return { url: `${this.#baseUrl}/${id}?token=${token}`, expiresAt, format };
  }
}

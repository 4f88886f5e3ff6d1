import DataLoader from 'dataloader';
import { Arg, Ctx, Extensions, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { visibleTo } from '../../access/permissions.ts';
import { AuditEventType } from '../../audit/graphql-types.ts';
import { shownTo } from '../../audit/list.ts';
import type { Database } from '../../database/database.ts';
import type { HeavyReads } from '../../graphql/heavy-reads.ts';
import type { Context } from '../../graphql/context.ts';
import { ApiError } from '../../graphql/errors.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import { ofObjectAlone } from '../../graphql/shared-results.ts';
import { failureAdvice, type FailureKind } from '../../minimax/failure-kind.ts';
import { statusCodeEntry } from '../../minimax/codes.ts';
import { MinimaxError } from '../../minimax/errors.ts';
import { GenerationFailure } from './failure-types.ts';
import { costOf, GenerationCost, GenerationUsageType, toUsage } from './usage-types.ts';
import type { Usage } from '../../minimax/answers.ts';
import { Money, toMoney } from '../../graphql/money.ts';
import { VideoGenerationConnection, VideoGenerationType } from './generation-types.ts';
import { type GenerationFilter } from '../finding/filter.ts';
import { countGenerations, countLimit, isCountedQuickly } from '../finding/list.ts';
import { isGenerationField, type GenerationField } from '../rows.ts';
import type { AuditEvent, VideoGeneration } from '../generation.ts';
import type { GenerationStore } from '../store.ts';
import type { VideoLink, VideoLinks } from '../../following/video-links.ts';

/** More events than this are not shown beside a generation. */
const maxEvents = 200;

const link = ['version', 'videoUrl', 'videoUrlExpiresAt', 'updatedAt'] as const;

/** What the fields of the API below are made of, beside the id; any other is what it is called. */
const madeOf: Partial<Record<string, readonly GenerationField[]>> = {
  videoUrl: link,
  videoUrlExpiresAt: link,
  minimaxVideoUrl: link,
  minimaxVideoUrlExpiresAt: link,
  archive: ['status', 'videoUrl'],
  failure: ['status', 'statusCode', 'statusMessage', 'failureKind'],
  listPrice: ['listPriceUsd'],
  cost: ['status', 'usageCostUsd', 'listPriceUsd'],
  candidates: [
    ...(['status', 'apiGeneration', 'submissionId', 'model', 'resolution', 'duration'] as const),
    ...(['aspectRatio', 'firstFrameImage', 'lastFrameImage', 'referenceImages'] as const),
    ...(['redactedAt', 'kind'] as const),
  ],
  requestAsSent: [
    ...([
      'kind',
      'sourceTaskId',
      'baseVideo',
      'model',
      'prompt',
      'duration',
      'resolution',
    ] as const),
    ...(['aspectRatio', 'promptExpansion', 'promptOptimizer', 'fastPretreatment'] as const),
    ...(['aigcWatermark', 'firstFrameImage', 'lastFrameImage', 'subjectImage'] as const),
    ...(['referenceImages', 'referenceVideos', 'referenceAudios'] as const),
    ...(['callbackToken', 'redactedAt'] as const),
  ],
  events: [],
  submissions: [],
};

/** What is to be read for these fields of the API. */
export function fieldsFor(names: Iterable<string>): GenerationField[] {
  return [...names].flatMap((name) => madeOf[name] ?? [name].filter(isGenerationField));
}

/** Finished videos that are kept here (src/media). */
export interface KeptVideoLinks {
  /** Null while it is not. */
  linkOf(generationId: string, context: Context): Promise<VideoLink | null>;
}

/** The fields of a generation that are more than a column. */
@Resolver(() => VideoGenerationType)
export class GenerationFields {
  readonly #store: GenerationStore;
  readonly #links: VideoLinks;
  readonly #kept: KeptVideoLinks;

  constructor(options: { store: GenerationStore; links: VideoLinks; kept: KeptVideoLinks }) {
    this.#store = options.store;
    this.#kept = options.kept;
    this.#links = options.links;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Signed link to the finished video; null until it is ready, and of a PROMPT_ENHANCEMENT. Once the video is kept here (`archive`) it leads to this service, and works whenever it is asked for; until then it is MiniMax’s own, and an expired one is exchanged for a new one when you ask, so it works for a minute at least. Where MiniMax does not hand out a new one: an error with code VIDEO_LINK_UNAVAILABLE.',
  })
  async videoUrl(
    @Root() generation: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<string | null> {
    return (await this.#link(generation, context))?.url ?? null;
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when `videoUrl` works; ask again after it. Null when MiniMax did not say.',
  })
  async videoUrlExpiresAt(
    @Root() generation: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<Date | null> {
    return (await this.#link(generation, context))?.expiresAt ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'MiniMax’s own link to the finished video, renewed when it has expired, also of one that is kept here; MiniMax has it for some days. Where it does not hand out a new one: an error with code VIDEO_LINK_UNAVAILABLE.',
  })
  async minimaxVideoUrl(
    @Root() generation: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<string | null> {
    return (await this.#minimaxLink(generation, context))?.url ?? null;
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when `minimaxVideoUrl` works. Null when MiniMax did not say.',
  })
  async minimaxVideoUrlExpiresAt(
    @Root() generation: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<Date | null> {
    return (await this.#minimaxLink(generation, context))?.expiresAt ?? null;
  }

  @FieldResolver(() => GenerationFailure, {
    nullable: true,
    description:
      'Why there is no video; null unless the status is FAILED or UNCERTAIN, or it is PROCESSING and waits for the key of its account (ACCOUNT_UNKNOWN).',
  })
  @Extensions(ofObjectAlone)
  failure(@Root() generation: VideoGeneration): GenerationFailure | null {
    const { status, statusCode, statusMessage } = generation;
    const kind = (generation.failureKind ?? 'UNKNOWN') as FailureKind;
    const waits = status === 'PROCESSING' && kind === 'ACCOUNT_UNKNOWN';
    if (status !== 'FAILED' && status !== 'UNCERTAIN' && !waits) return null;
    const code = statusCode ? statusCodeEntry(statusCode) : null;
    // The code's own advice fits only while the code is the reason.
    const message = code?.failureKind === kind ? code.advice : failureAdvice[kind];
    return {
      kind,
      upstreamCode: statusCode,
      upstreamMessage: statusMessage,
      message,
      retryable:
        code?.failureKind === kind
          ? code.retryable
          : !waits && kind !== 'INPUT_FLAGGED' && kind !== 'INPUT_INVALID',
    };
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      'List price of what was asked for on the day of the request, pay as you go; null when MiniMax publishes none, the length of a reference video was not told, or it is paid by tokens. `cost` is what it came to.',
  })
  @Extensions(ofObjectAlone)
  listPrice(@Root() { listPriceUsd }: VideoGeneration): Money | null {
    return listPriceUsd === null ? null : toMoney(listPriceUsd, 'USD');
  }

  @FieldResolver(() => GenerationCost, {
    nullable: true,
    description:
      'What the finished video, or the better prompt, cost by the price list: by what MiniMax metered where it says so, else by the request. Null until it has SUCCEEDED, and where no price is published.',
  })
  @Extensions(ofObjectAlone)
  cost(@Root() generation: VideoGeneration): GenerationCost | null {
    return costOf(generation);
  }

  @FieldResolver(() => GenerationUsageType, {
    nullable: true,
    description:
      'What MiniMax says it metered; null until the video is ready, and of the first API generation, which does not tell.',
  })
  @Extensions(ofObjectAlone)
  usage(@Root() { usage }: VideoGeneration): GenerationUsageType | null {
    return usage === null ? null : toUsage(usage as Usage);
  }

  @FieldResolver(() => [AuditEventType], {
    description: `Every step so far, oldest first: requests sent, answers received, moves of the status. The latest ${maxEvents} at most.`,
  })
  async events(
    @Root() generation: VideoGeneration,
    @Arg('last', () => Int, {
      defaultValue: maxEvents,
      description: `Only so many of the latest, 1 to ${maxEvents}.`,
    })
    last: number,
    @Ctx() context: Context,
  ): Promise<AuditEvent[]> {
    if (last < 1 || last > maxEvents) {
      throw new ApiError(
        'BAD_PAGE_SIZE',
        `\`last\` lies between 1 and ${maxEvents}; ${last} were asked for.`,
      );
    }
    const loader = context.once(
      'events',
      () =>
        new DataLoader<string, AuditEvent[]>(
          async (ids) => {
            const events = await this.#store.trail.eventsOf(ids, maxEvents);
            return ids.map((id) => events.get(id)!);
          },
          // A subscription is one request that asks again after each change.
          { cache: false },
        ),
    );
    return shownTo(context.caller, (await loader.load(generation.id)).slice(-last));
  }

  async #link(generation: VideoGeneration, context: Context): Promise<VideoLink | null> {
    if (generation.videoUrl === null) return null;
    const { id, version } = generation;
    return await context.once(
      `own link ${id} ${version}`,
      async () =>
        (await this.#kept.linkOf(id, context)) ?? (await this.#minimaxLink(generation, context)),
    );
  }

  async #minimaxLink(generation: VideoGeneration, context: Context): Promise<VideoLink | null> {
    return await context.once(`link ${generation.id} ${generation.version}`, async () => {
      try {
        return await this.#links.of(generation);
      } catch (error) {
        if (!(error instanceof MinimaxError)) throw error;
        const { failureKind, statusCode: upstreamCode, statusMessage: upstreamMessage } = error;
        throw new ApiError(
          'VIDEO_LINK_UNAVAILABLE',
          failureKind === 'ACCOUNT_UNKNOWN'
            ? `The link to this video has expired. ${failureAdvice.ACCOUNT_UNKNOWN}`
            : 'The link to this video has expired and MiniMax does not give a new one now. Ask again later.',
          { kind: failureKind, upstreamCode, upstreamMessage },
        );
      }
    });
  }
}

/** A page as `generations` resolves it; counting waits until somebody asks. */
export type ListedGenerations = VideoGenerationConnection & { filter: GenerationFilter | null };

@Resolver(() => VideoGenerationConnection)
export class GenerationConnectionFields {
  readonly #database: Pick<Database, 'pool'>;
  readonly #heavyReads: HeavyReads;

  constructor(options: { database: Pick<Database, 'pool'>; heavyReads: HeavyReads }) {
    this.#database = options.database;
    this.#heavyReads = options.heavyReads;
  }

  @FieldResolver(() => Int, {
    description: `How many match the filter, on all pages together; counted up to ${countLimit} (see \`totalCountIsExact\`).`,
  })
  async totalCount(@Root() listed: ListedGenerations, @Ctx() context: Context): Promise<number> {
    return (await this.#count(listed, context)).count;
  }

  @FieldResolver(() => Boolean, {
    description: `False when there are more than ${countLimit}: \`totalCount\` is then a lower bound.`,
  })
  async totalCountIsExact(
    @Root() listed: ListedGenerations,
    @Ctx() context: Context,
  ): Promise<boolean> {
    return (await this.#count(listed, context)).isExact;
  }

  #count({ filter }: ListedGenerations, context: Context) {
    const { caller } = context;
    const visible = visibleTo(caller);
    const count = () => countGenerations(this.#database, filter, visible);
    return context.once(`count ${JSON.stringify(filter)}`, () =>
      isCountedQuickly(filter, visible) ? count() : this.#heavyReads.run(caller.id, count),
    );
  }
}

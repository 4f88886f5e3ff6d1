import { isVisibleTo, may } from '../access/permissions.ts';
import { actorOf } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Caller } from '../graphql/caller.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';
import { isId } from '../graphql/ids.ts';
import type { VideoGeneration } from './generation.ts';
import type { Prisma } from '../database/generated/client.ts';
import { Written } from '../graphql/written.ts';
import type { GenerationStore } from './store.ts';
import type { WrittenGenerations } from './written-rows.ts';

type Owned = Pick<VideoGeneration, 'id' | 'callerId' | 'tenant'>;

/** Generations as a caller finds them: what it may not see does not exist for it. */
export class VisibleGenerations {
  readonly #store: GenerationStore;
  readonly #written: WrittenGenerations;
  readonly #audit: AuditLog;

  constructor(options: { store: GenerationStore; written: WrittenGenerations; audit: AuditLog }) {
    this.#store = options.store;
    this.#written = options.written;
    this.#audit = options.audit;
  }

  /** One to be changed; throws NOT_FOUND, and FORBIDDEN where its owner's tenant may only see it. */
  async findOwn(id: string, context: Context): Promise<VideoGeneration> {
    const generation = await this.find(id, context);
    const { caller } = context;
    if (generation.callerId === caller.id || may(caller, 'administer')) return generation;
    throw new ApiError(
      'FORBIDDEN',
      'This generation belongs to another caller of your tenant: its owner and admins may change it.',
    );
  }

  /** Throws NOT_FOUND. */
  async find(id: string, { caller }: Context): Promise<VideoGeneration> {
    const generation = isId(id) ? await this.#store.find(id) : null;
    return shownTo(caller, generation);
  }

  /** One to be shown; throws NOT_FOUND. */
  async read(id: string, context: Context): Promise<VideoGeneration> {
    const generation = await this.find(id, context);
    await this.noteRead(generation, context);
    return generation;
  }

  /** The same as it is answered, with a `writtenColumn`. */
  async readWritten(id: string, column: Prisma.Sql, context: Context): Promise<Written> {
    const found = isId(id) ? await this.#written.find(id, column) : null;
    const generation = shownTo(context.caller, found);
    await this.noteRead(generation, context);
    return new Written(generation.written);
  }

  /** Those of the ids that are there, in no order. */
  async readMany(ids: readonly string[], context: Context): Promise<VideoGeneration[]> {
    const found = await this.#store.findMany([...ids]);
    const visible = found.filter((generation) => isVisibleTo(context.caller, generation));
    for (const generation of visible) await this.noteRead(generation, context);
    return visible;
  }

  /** Records, once in an operation, that somebody looked at a generation which only its role lets it see. */
  async noteRead(generation: Owned, context: Context): Promise<void> {
    const { caller } = context;
    if (caller.kind === 'LOCAL' || isVisibleTo({ ...caller, role: 'CLIENT' }, generation)) return;
    await context.once(`read ${generation.id}`, () =>
      this.#audit.record({
        action: 'FOREIGN_GENERATION_READ',
        actor: actorOf(context),
        objectId: generation.id,
        detail: { owner: generation.callerId },
      }),
    );
  }
}

function shownTo<Found extends Owned>(caller: Caller, generation: Found | null): Found {
  if (generation && isVisibleTo(caller, generation)) return generation;
  throw new ApiError('NOT_FOUND', 'There is no generation with this id.');
}

import { Prisma } from '../database/generated/client.ts';
import type { Guards } from './guards.ts';

/** The hashes anew, as expressions over the row `event`, with the hash before as `previous`, and the row `generation`. */
export interface Hashes {
  event: Prisma.Sql;
  facts: Prisma.Sql;
  content: Prisma.Sql;
  state: Prisma.Sql;
}

/**
 * By the texts in this version's migrations, sent along with each statement: the database's own
 * functions of these texts could be anybody's by now. What they call is PostgreSQL's, see `Look`.
 */
export function hashesOf({ expressions }: Guards): Hashes {
  const textOf = (name: string) => `(${expressions.get(name)!})`;
  const event = textOf('audit_event_hash').replace('audit_event_content(event)', () =>
    textOf('audit_event_content'),
  );
  return {
    event: Prisma.raw(event),
    facts: Prisma.raw(textOf('video_generation_facts_hash')),
    content: Prisma.raw(textOf('video_generation_content_hash')),
    state: Prisma.raw(textOf('video_generation_state_hash')),
  };
}

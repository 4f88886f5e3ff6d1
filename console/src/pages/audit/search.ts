import type { AuditAction, AuditEventFilter } from '../../../generated/graphql.ts';
import { listOf } from '../generations/search.ts';

const words = [
  'action',
  'caller',
  'generation',
  'object',
  'text',
  'trace',
  'code',
  'from',
  'to',
  'order',
] as const;

export type AuditWord = (typeof words)[number];
/** The words of the address of the audit log; lists are separated by commas. */
export type AuditSearch = Partial<Record<AuditWord, string>>;

export function readAuditSearch(search: Record<string, unknown>): AuditSearch {
  const read: AuditSearch = {};
  for (const word of words) {
    const value = search[word];
    if (typeof value === 'string' && value !== '') read[word] = value;
  }
  return read;
}

export function auditFilterOf(search: AuditSearch): AuditEventFilter {
  const list = (word: AuditWord) => {
    const values = listOf(search[word]);
    return values.length > 0 ? values : undefined;
  };
  const filter: AuditEventFilter = {
    action: list('action') as AuditAction[] | undefined,
    callerId: list('caller'),
    generationId: search.generation,
    objectId: list('object'),
    text: search.text,
    traceId: list('trace'),
    upstreamCode: list('code')?.map(Number),
    occurredAt:
      search.from === undefined && search.to === undefined
        ? undefined
        : { ...(search.from && { from: search.from }), ...(search.to && { to: search.to }) },
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

import type { AuditAction, AuditEventFilter } from '../../../generated/graphql.ts';
import {
  anyText,
  instant,
  listOf,
  oneOf,
  readWords,
  someOf,
  textToFind,
  wholeNumber,
} from '../../parts/address.ts';
import { auditActions } from '../../parts/audit-actions.ts';
import { texts } from '../../texts.ts';

export const auditReaders = {
  action: someOf(oneOf(auditActions)),
  caller: anyText,
  generation: anyText,
  object: anyText,
  text: textToFind,
  trace: anyText,
  code: someOf(wholeNumber),
  from: instant,
  to: instant,
  order: oneOf(texts.audit.filters.orders),
};

export type AuditWord = keyof typeof auditReaders;
/** The words of the address of the audit log. */
export type AuditSearch = Partial<Record<AuditWord, string>>;

export const readAuditSearch = (search: Record<string, unknown>): AuditSearch =>
  readWords(auditReaders, search);

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

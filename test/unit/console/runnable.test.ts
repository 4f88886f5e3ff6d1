import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import {
  buildSchema,
  getVariableValues,
  Kind,
  parse,
  validate,
  type OperationDefinitionNode,
} from 'graphql';
import {
  AuditEventsDocument,
  GenerationDetailDocument,
  GenerationRowsDocument,
} from '../../../console/generated/graphql.ts';
import {
  auditFilterOf,
  auditReaders,
  readAuditSearch,
} from '../../../console/src/pages/audit/search.ts';
import {
  filterOf,
  listReaders,
  orderOf,
  readListSearch,
} from '../../../console/src/pages/generations/search.ts';
import { asGraphql } from '../../../console/src/parts/runnable.ts';

/** What stands in the address for these; the others are free text. */
const words = {
  ...{ status: 'FAILED,UNCERTAIN', kind: 'REGENERATION', failure: 'THROTTLED', held: 'no' },
  ...{ code: '1026,0', min: '0.1', max: '5', from: '2026-11-01', to: '2026-12-01' },
  ...{ order: 'oldest', action: 'API_KEY_CREATED,GENERATION_FAILED' },
};
const hostile = 'NULL "}) { #\\\n\u2028🙂, $first: Int';
const addressOf = (readers: object) =>
  Object.fromEntries(Object.keys(readers).map((word) => [word, hostile])) as object;

const search = readListSearch({ ...addressOf(listReaders), ...words });
const audit = readAuditSearch({ ...addressOf(auditReaders), ...words });

test.each([
  [
    'the list',
    GenerationRowsDocument,
    { first: 50, filter: filterOf(search), orderBy: orderOf(search) },
  ],
  [
    'the audit log',
    AuditEventsDocument,
    { first: 50, filter: auditFilterOf(audit), direction: 'ASC' },
  ],
  ['one', GenerationDetailDocument, { id: '019a' }],
])(
  'what is copied of %s is valid, and asks for the same when it is run alone',
  async (_, document, variables) => {
    const schema = buildSchema(
      await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'),
    );
    const copied = parse(asGraphql(document.toString(), variables));
    expect(validate(schema, copied)).toEqual([]);
    const operation = copied.definitions.find(
      (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
    );
    const { coerced, errors } = getVariableValues(schema, operation!.variableDefinitions!, {});
    expect(errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(coerced))).toEqual(variables);
  },
);

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { createSchema, schemaText } from '../../src/schema.ts';

const schema = await createSchema({ get: () => undefined });

describe('the schema', () => {
  test('is the one committed as schema.graphql (run "npm run schema" after a change)', async () => {
    const committed = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
    expect(schemaText(schema)).toBe(committed);
  });

  test('has a description on every type, field, argument and enum value', () => {
    const bare: string[] = [];
    const check = (name: string, { description }: { description?: string | null | undefined }) => {
      if (!description?.trim()) bare.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
      const isRoot = [
        schema.getQueryType(),
        schema.getMutationType(),
        schema.getSubscriptionType(),
      ].includes(type as never);
      if (!isRoot) check(type.name, type);
      if (isEnumType(type))
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
      if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(`${type.name}.${field.name}`, field);
          if ('args' in field) {
            for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
          }
        }
      }
    }
    expect(bare).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { createSchema, schemaText } from '../../src/schema.ts';

const schema = await createSchema();

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
      check(type.name, type);
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

  test('calls no type a type, and has a specification of each scalar of its own', () => {
    const own = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    expect(own.map(({ name }) => name).filter((name) => name.endsWith('Type'))).toEqual([]);
    const scalars = own.filter(isScalarType);
    expect(scalars.map(({ name }) => name)).toEqual(['DateTime', 'Decimal']);
    expect(scalars.filter(({ specifiedByURL }) => !specifiedByURL)).toEqual([]);
  });

  test('has no id but those by which a node is found', () => {
    const withId = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => 'id' in type.getFields());
    expect(withId.map(({ name }) => name).sort()).toEqual([
      'ApiKey',
      'AuditEvent',
      'MediaFile',
      'Submission',
      'VideoGeneration',
      'WebhookDelivery',
      'WebhookEndpoint',
    ]);
    for (const type of withId) {
      expect(String(type.getFields()['id']!.type)).toBe('ID!');
      expect(type.getInterfaces().map(({ name }) => name)).toEqual(['Node']);
    }
  });
});

import { Prisma } from '../database/generated/client.ts';
import { readMigrations } from '../database/migrate.ts';
import { findDetour, guarded, read } from './detours.ts';
import type { Look, Table } from './look.ts';

/** The functions that chain, hash and refuse. */
const isGuard = /^(audit_\w+|refuse_\w+|video_generation_\w+_hash)$/;

const functionPattern =
  /CREATE (?:OR REPLACE )?FUNCTION (\w+)\(([^)]*)\)([^$]*?)AS \$\$([\s\S]*?)\$\$/g;

const triggerPattern =
  /CREATE TRIGGER (\w+) (BEFORE|AFTER) ([A-Z ]+?) ON "?(?:\w+\.)?"?(\w+)"?\s+FOR EACH (ROW|STATEMENT) EXECUTE FUNCTION (\w+)\(\)/g;

/** What guards the log and reckons its hashes, as the migrations of this version make it. */
export interface Guards {
  migrations: ReadonlySet<string>;
  functions: ReadonlyMap<string, string>;
  triggers: ReadonlyMap<string, string>;
  /** What columns hold that only repeat others, and are in no hash. */
  generated: ReadonlyMap<string, string>;
  /** Columns that are never null: what is read there is always something. */
  required: ReadonlyMap<string, string>;
  /** Of what there is one: what is read of one row is true of all. */
  unique: ReadonlyMap<string, string>;
  /** The expressions that functions in SQL return, by their names. */
  expressions: ReadonlyMap<string, string>;
  /** Names of PostgreSQL's functions that are called by those that guard. */
  called: readonly string[];
}

export async function readGuards(): Promise<Guards> {
  const migrations = await readMigrations();
  const sql = migrations.map((migration) => migration.sql).join('\n');
  return {
    migrations: new Set(migrations.map(({ name }) => name)),
    functions: functionsIn(sql),
    triggers: triggersIn(sql),
    generated: generatedIn(sql),
    required: requiredIn(sql),
    unique: uniqueIn(sql),
    expressions: expressionsIn(sql),
    called: calledIn(sql),
  };
}

/**
 * What is missing or other than the migrations made it, of the triggers and functions that guard
 * the audit log and the records of submissions; nothing when they are all there and switched on.
 *
 * In a database that has migrations which this version lacks, those may have changed them: what is
 * other is told as `unjudged` then.
 */
export async function judgeGuards(
  look: Look,
  guards: Guards,
): Promise<{ broken: string | null; unjudged: string | null }> {
  // Functions are never looked for among what is temporary.
  if (look.path.find((name) => !name.startsWith('pg_temp')) !== 'pg_catalog') {
    return { broken: 'search_path, which has a schema before pg_catalog,', unjudged: null };
  }
  const detour = await findDetour(look, guards.called);
  if (detour !== null) return { broken: detour, unjudged: null };
  const other =
    differing(guards.functions, await readFunctions(look)) ??
    differing(guards.triggers, await readTriggers(look)) ??
    differing(guards.generated, await readGenerated(look)) ??
    differing(guards.required, await readRequired(look, guards.required)) ??
    differing(guards.unique, await readUnique(look, guards.unique));
  if (other === null) return { broken: null, unjudged: null };
  const applied = await look.rows<{ name: string }>(Prisma.sql`
    SELECT migration_name AS name FROM ${look.table('_prisma_migrations')}
    WHERE finished_at IS NOT NULL`);
  const later = applied.find(({ name }) => !guards.migrations.has(name));
  if (later === undefined) return { broken: other, unjudged: null };
  return {
    broken: null,
    unjudged: `${other}, perhaps by the migration ${later.name}, which this version lacks`,
  };
}

function differing(
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): string | null {
  for (const [name, definition] of expected) {
    const there = found.get(name);
    if (there === undefined) return `${name} is missing`;
    if (there !== definition) return `${name} was altered or switched off`;
  }
  for (const name of found.keys()) if (!expected.has(name)) return `${name} was added`;
  return null;
}

/** By name and arguments: another of the same name is another function. */
function functionsIn(sql: string): Map<string, string> {
  const functions = new Map<string, string>();
  for (const [, name, args, head, body] of sql.matchAll(functionPattern)) {
    if (!isGuard.test(name!)) continue;
    const [, result, language] = /RETURNS (\w+) LANGUAGE (\w+)/.exec(head!)!;
    const definer = /SECURITY DEFINER/.test(head!);
    functions.set(
      `function ${name}(${args})`,
      [result, language, body, definer, definer ? 'own path' : ''].join('\n'),
    );
  }
  return functions;
}

function expressionsIn(sql: string): Map<string, string> {
  const expressions = new Map<string, string>();
  for (const [, name, , head, body] of sql.matchAll(functionPattern)) {
    if (!/LANGUAGE sql/.test(head!)) continue;
    expressions.set(name!, body!.trim().replace(/^SELECT\s/, ''));
  }
  return expressions;
}

function calledIn(sql: string): string[] {
  const bodies = [...functionsIn(sql).values()].join('\n');
  const names = [...bodies.matchAll(/\b([a-z]\w*)\(/g)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !isGuard.test(name));
}

/** What is said of a name there with the service's schema is said without it; with any other it stays. */
const unqualified = (look: Look, text: Prisma.Sql) =>
  Prisma.sql`replace(${text}, format('%I.', ${look.schema}::text), '')`;

async function readFunctions(look: Look): Promise<Map<string, string>> {
  const rows = await look.rows<{ name: string; args: string; definition: string[] }>(Prisma.sql`
    SELECT proname::text AS name, ${unqualified(look, Prisma.sql`pg_get_function_arguments(pg_proc.oid)`)} AS args,
      ARRAY[format_type(prorettype, NULL), lanname, prosrc, prosecdef::text,
        replace(coalesce(array_to_string(proconfig, ','), ''),
          format('search_path=pg_catalog, %I, pg_temp', ${look.schema}::text), 'own path')
      ] AS definition
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
      JOIN pg_language ON pg_language.oid = prolang
    WHERE nspname = ${look.schema}`);
  return new Map(
    rows
      .filter(({ name }) => isGuard.test(name))
      .map(({ name, args, definition }) => [`function ${name}(${args})`, definition.join('\n')]),
  );
}

function triggersIn(sql: string): Map<string, string> {
  const triggers = new Map<string, string>();
  for (const [, name, moment, events, table, level, target] of sql.matchAll(triggerPattern)) {
    if (!guarded.some((name) => name === table)) continue;
    // PostgreSQL names the events in an order of its own.
    const sorted = events!.split(' OR ').sort().join(' OR ');
    triggers.set(`trigger ${name} on ${table}`, [moment, sorted, table, level, target].join(' '));
  }
  return triggers;
}

async function readTriggers(look: Look): Promise<Map<string, string>> {
  const rows = await look.rows<{ key: string; definition: string; isOurs: boolean }>(Prisma.sql`
    SELECT format('trigger %s on %s', tgname, relname) AS key,
      ${unqualified(look, Prisma.sql`pg_get_triggerdef(pg_trigger.oid, true)`)} AS definition,
      tgenabled IN ('O', 'A') AND pronamespace = relnamespace AS "isOurs"
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgrelid = ANY (${oids(look)}) AND NOT tgisinternal`);
  return new Map(
    rows.map(({ key, definition, isOurs }) => [
      key,
      (isOurs && triggersIn(definition).get(key)) || definition,
    ]),
  );
}

function generatedIn(sql: string): Map<string, string> {
  const columns = sql.matchAll(/"(\w+)" TEXT GENERATED ALWAYS AS \((.*)\) STORED;/g);
  return new Map(
    [...columns].map(([, name, text]) => [`column ${name}`, text!.replace(/\s/g, '')]),
  );
}

async function readGenerated(look: Look): Promise<Map<string, string>> {
  const rows = await look.rows<{ key: string; text: string }>(Prisma.sql`
    SELECT 'column ' || attname AS key,
      pg_get_expr(adbin, adrelid) AS text
    FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
    WHERE adrelid = ANY (${oids(look)}) AND attgenerated = 's'`);
  return new Map(rows.map(({ key, text }) => [key, text.replace(/\s/g, '')]));
}

function requiredIn(sql: string): Map<string, string> {
  const required = new Map<string, string>();
  for (const [, table, body] of sql.matchAll(/(?:CREATE|ALTER) TABLE "?(\w+)"?([^;]*);/g)) {
    if (!read.some((name) => name === table)) continue;
    for (const [, column, rest] of body!.matchAll(/"(\w+)" +("?\w[^\n]*)/g)) {
      const key = `NOT NULL of column ${column} of ${table}`;
      if (/DROP NOT NULL/.test(rest!)) required.delete(key);
      else if (/(?<!IS )NOT NULL/.test(rest!)) required.set(key, '');
    }
  }
  return required;
}

/** Of a newer version there may be more. */
async function readRequired(
  look: Look,
  expected: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const rows = await look.rows<{ key: string }>(Prisma.sql`
    SELECT format('NOT NULL of column %s of %s', attname, relname) AS key
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attrelid = ANY (${oids(look, read)}) AND attnotnull`);
  return new Map(rows.filter(({ key }) => expected.has(key)).map(({ key }) => [key, '']));
}

const keyOfUnique = (table: string, columns: string) =>
  `the unique index of ${table} on ${columns
    .replace(/["()]/g, ' ')
    .replace(/\s*,\s*/g, ', ')
    .replace(/\s+/g, ' ')
    .trim()}`;

function uniqueIn(sql: string): Map<string, string> {
  const unique = new Map<string, string>();
  const tables = sql.matchAll(
    /CREATE TABLE "(\w+)" \([^;]*CONSTRAINT ("\w+") PRIMARY KEY ([^;]*)\);/g,
  );
  const indexes = sql.matchAll(/CREATE UNIQUE INDEX [A-Z ]*("\w+") ON "(\w+)"([^;]*);/g);
  const all = [
    ...[...tables].map(([, table, name, columns]) => ({ table, name, columns })),
    ...[...indexes].map(([, name, table, columns]) => ({ table, name, columns })),
  ];
  for (const { table, name, columns } of all)
    if (read.some((each) => each === table)) unique.set(name!, keyOfUnique(table!, columns!));
  for (const [, name] of sql.matchAll(/DROP INDEX [A-Z ]*("\w+")/g)) unique.delete(name!);
  return new Map([...unique.values()].map((key) => [key, '']));
}

/** By whatever name, and as they are usually compared; of a newer version there may be more. */
async function readUnique(
  look: Look,
  expected: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const rows = await look.rows<{ table: string; definition: string }>(Prisma.sql`
    SELECT relname::text AS table, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE indrelid = ANY (${oids(look, read)}) AND indisunique AND indisvalid AND indisready
      AND indislive AND indimmediate`);
  const keys = rows.map(({ table, definition }) =>
    keyOfUnique(table, definition.split(' USING btree ')[1] ?? ''),
  );
  return new Map(keys.filter((key) => expected.has(key)).map((key) => [key, '']));
}

const oids = (look: Look, tables: readonly Table[] = guarded) =>
  Prisma.sql`${tables.map((table) => look.quoted(table))}::text[]::regclass[]`;

import {
  GraphQLError,
  Kind,
  Lexer,
  parse,
  Source,
  TokenKind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { ApiError } from './errors.ts';
import { demandSubscribedField } from './subscribed-field.ts';
import { isStorable, notStorable } from './variables.ts';

/** What one document, and each operation in it, may ask for. */
export const limits = {
  tokens: 5_000,
  /** Brackets within brackets, also in variables: more than an operation of the allowed depth can need. */
  nesting: 100,
  depth: 15,
  aliases: 50,
  directives: 50,
  rootFields: 20,
  /** With each fragment counted wherever it is spread; the time to validate grows with its square. */
  fields: 1_000,
  cost: 2_000,
} as const;

/** The standard introspection query reaches 15 levels by itself, and longer ones are in use. */
const introspectionAllowance = 5;

/**
 * The parsed document, when it is within the limits that need no schema.
 *
 * Throws an `ApiError` that names the limit, or graphql-js' syntax error. It
 * takes time and stack in proportion to the limits, not to the text: the
 * parser calls itself for each bracket, and validation compares each field
 * with each other, so neither sees a text that is beyond them.
 */
export function readDocument(text: string): DocumentNode {
  scan(text);
  const document = parse(text, { maxTokens: limits.tokens });
  checkShape(document);
  demandSubscribedField(document, fragmentsOf(document));
  return document;
}

function scan(text: string): void {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let nesting = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      const { kind, value } = token;
      tokens += 1;
      if (tokens > limits.tokens) {
        throw new ApiError(
          'TOO_MANY_TOKENS',
          `The document has more than ${limits.tokens} words and signs. Split it, or give values as variables.`,
        );
      }
      if (value && !isStorable(value)) throw notStorable();
      if (opening.has(kind)) nesting += 1;
      else if (closing.has(kind)) nesting -= 1;
      if (nesting > limits.nesting) throw tooDeep();
    }
  } catch (error) {
    // A text that is no GraphQL: the parser says so, and gets no further than this did.
    if (error instanceof ApiError || !(error instanceof GraphQLError)) throw error;
  }
}

const opening = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

function tooDeep(): ApiError {
  return new ApiError(
    'OPERATION_TOO_DEEP',
    `The operation is nested more than ${limits.depth} levels deep. Ask for what lies deeper in an operation of its own.`,
  );
}

interface Shape {
  /** Levels of fields. */
  depth: number;
  /** Fields on all levels. */
  fields: number;
  /** Fields on the first level. */
  width: number;
}

/** What a whole document has. */
interface DocumentShape {
  operations: Shape[];
  /** Each fragment, and what is in it, once. */
  fragments: Shape[];
  aliases: number;
  directives: number;
}

function measure(document: DocumentNode): DocumentShape {
  const fragments = fragmentsOf(document);
  const known = new Map<string, Shape>();
  let aliases = 0;
  let directives = 0;

  const shapeOf = ({ selections }: SelectionSetNode): Shape => {
    const total: Shape = { depth: 0, fields: 0, width: 0 };
    for (const selection of selections) {
      directives += selection.directives?.length ?? 0;
      let part: Shape;
      if (selection.kind === Kind.FIELD) {
        if (selection.alias) aliases += 1;
        part = shapeOfField(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        part = shapeOf(selection.selectionSet);
      } else {
        part = shapeOfFragment(selection.name.value);
      }
      total.depth = Math.max(total.depth, part.depth);
      total.fields += part.fields;
      total.width += part.width;
    }
    return total;
  };
  const shapeOfField = ({ name, selectionSet }: FieldNode): Shape => {
    if (!selectionSet) return { depth: 1, fields: 1, width: 1 };
    const { depth, fields } = shapeOf(selectionSet);
    const allowance = name.value.startsWith('__') ? introspectionAllowance : 0;
    return { depth: 1 + Math.max(0, depth - allowance), fields: 1 + fields, width: 1 };
  };
  const shapeOfFragment = (name: string): Shape => {
    const found = known.get(name);
    if (found) return found;
    const nothing = { depth: 0, fields: 0, width: 0 };
    // One that spreads itself meets this, and is refused by validation.
    known.set(name, nothing);
    const fragment = fragments.get(name);
    const shape = fragment ? shapeOf(fragment.selectionSet) : nothing;
    known.set(name, shape);
    return shape;
  };

  const operations: Shape[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      directives += definition.directives?.length ?? 0;
      for (const variable of definition.variableDefinitions ?? []) {
        directives += variable.directives?.length ?? 0;
      }
      operations.push(shapeOf(definition.selectionSet));
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      directives += definition.directives?.length ?? 0;
      shapeOfFragment(definition.name.value);
    }
  }
  return { operations, fragments: [...known.values()], aliases, directives };
}

/** Throws when the document is too deep or has too much of something. */
function checkShape(document: DocumentNode): void {
  const { operations, fragments, aliases, directives } = measure(document);
  if (operations.some(({ depth }) => depth > limits.depth)) throw tooDeep();
  if (aliases > limits.aliases) {
    throw new ApiError(
      'TOO_MANY_ALIASES',
      `The document has ${aliases} aliases, and ${limits.aliases} are allowed. Ask for many objects of a kind through a list.`,
    );
  }
  if (directives > limits.directives) {
    throw new ApiError(
      'TOO_MANY_DIRECTIVES',
      `The document has ${directives} directives, and ${limits.directives} are allowed. Put one on a fragment instead of on each field.`,
    );
  }
  if (operations.some(({ width }) => width > limits.rootFields)) {
    throw new ApiError(
      'TOO_MANY_ROOT_FIELDS',
      `The operation has more than ${limits.rootFields} fields on its first level. Split it into several.`,
    );
  }
  // Also over the fragments: a document of unused ones has to be validated too.
  const fields = [...operations, ...fragments].reduce((sum, shape) => sum + shape.fields, 0);
  if (fields > limits.fields * 2 || operations.some((shape) => shape.fields > limits.fields)) {
    throw new ApiError(
      'OPERATION_TOO_COMPLEX',
      `The operation selects more than ${limits.fields} fields. Select less, or split it.`,
    );
  }
}

/** The document's fragments by name. */
export function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  return fragments;
}

import { createHash } from 'node:crypto';
import { parse, validate, type GraphQLSchema } from 'graphql';
import { ApiError } from './errors.ts';

/** The parts of a request that may name a document. */
export interface DocumentRequest {
  query?: unknown;
  documentId?: unknown;
  extensions?: unknown;
}

/** The configured documents cannot be used; the message says why. */
export class TrustedDocumentsError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `TRUSTED_DOCUMENTS names a file whose documents do not fit the schema:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'TrustedDocumentsError';
  }
}

/** The documents that may run, when others may not. */
export class TrustedDocuments {
  readonly #byId = new Map<string, string>();

  /**
   * From documents by their SHA-256. Throws one `TrustedDocumentsError` that names every one that
   * does not fit the schema.
   */
  constructor(documents: Readonly<Record<string, string>>, schema: GraphQLSchema) {
    const problems: string[] = [];
    for (const [id, text] of Object.entries(documents)) {
      problems.push(...problemsOf(text, schema).map((problem) => `document ${id}: ${problem}`));
      this.#byId.set(id, text);
      // Tools differ in what they hash; the text itself is known in any case.
      this.#byId.set(sha256(text), text);
    }
    if (problems.length > 0) throw new TrustedDocumentsError(problems);
  }

  /**
   * The registered text that a request names: by `documentId` (with or without
   * `sha256:`), by the hash of a persisted query, or by sending it whole.
   *
   * Throws DOCUMENT_NOT_TRUSTED for anything else.
   */
  find({ query, documentId, extensions }: DocumentRequest): string {
    const id = documentId ?? persistedHash(extensions) ?? (query ? sha256Of(query) : undefined);
    const text =
      typeof id === 'string' ? this.#byId.get(id.replace(/^sha256:/, '').toLowerCase()) : undefined;
    // A registered id does not vouch for another text beside it.
    const isOther = typeof query === 'string' && query !== '' && query !== text;
    if (text === undefined || isOther) {
      throw new ApiError(
        'DOCUMENT_NOT_TRUSTED',
        'This service runs registered documents only. Send the `documentId` of one, or have yours registered.',
      );
    }
    return text;
  }
}

function problemsOf(text: string, schema: GraphQLSchema): string[] {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    return [(error as Error).message];
  }
}

function persistedHash(extensions: unknown): unknown {
  const persisted = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)
    ?.persistedQuery;
  return persisted?.sha256Hash;
}

function sha256Of(query: unknown): string | undefined {
  return typeof query === 'string' ? sha256(query) : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import type { ReadRequest } from './read-json.ts';
import { ApiError } from './errors.ts';
import { readDocument } from './operation-limits.ts';
import type { DocumentRequest, TrustedDocuments } from './trusted-documents.ts';

/** Texts that were found within the limits are not looked at again: the longest that is kept, and how many. */
const remembered = { length: 10_000, count: 1_000 };

/** What the document of an HTTP request has to pass before Apollo Server sees it. */
export class DocumentCheck {
  readonly #trusted: TrustedDocuments | undefined;
  readonly #passed = new Set<string>();

  /** Without trusted documents every document may run. */
  constructor(trusted: TrustedDocuments | undefined) {
    this.#trusted = trusted;
  }

  /**
   * Puts a registered document in the place of its id.
   *
   * Throws an `ApiError` for one that is not registered or beyond the limits.
   */
  check(request: ReadRequest): void {
    if (request.method === 'GET') this.#checkAddress(request);
    else this.#checkBody(request);
  }

  #checkBody(request: ReadRequest): void {
    const body: unknown = request.body;
    // Apollo Server refuses what is no object, and a batch.
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
    const given = body as DocumentRequest;
    if (this.#trusted) {
      const query = this.#trusted.find(given);
      const { variables, operationName } = body as Record<string, unknown>;
      // Without the id and the hash: Apollo Server refuses what it takes for a persisted query.
      request.body = {
        query,
        ...(variables !== undefined && { variables }),
        ...(operationName !== undefined && { operationName }),
      };
    } else if (typeof given.query === 'string') this.#read(given.query);
  }

  #checkAddress(request: ReadRequest): void {
    const [path, search = ''] = request.url!.split(/\?(.*)/s);
    const parameters = new URLSearchParams(search);
    if (this.#trusted) {
      const query = this.#trusted.find({
        query: parameters.get('query') ?? undefined,
        documentId: parameters.get('documentId') ?? undefined,
        extensions: readJson(parameters.get('extensions')),
      });
      parameters.delete('documentId');
      parameters.delete('extensions');
      parameters.set('query', query);
      request.url = `${path}?${parameters.toString()}`;
    } else for (const text of parameters.getAll('query')) this.#read(text);
  }

  #read(text: string): void {
    if (this.#passed.has(text)) return;
    try {
      readDocument(text);
    } catch (error) {
      // A text that is no GraphQL is for Apollo Server to answer.
      if (error instanceof ApiError) throw error;
      return;
    }
    if (text.length > remembered.length) return;
    if (this.#passed.size >= remembered.count) {
      this.#passed.delete(this.#passed.values().next().value!);
    }
    this.#passed.add(text);
  }
}

function readJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

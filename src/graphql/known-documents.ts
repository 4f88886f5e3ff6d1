import type { DocumentNode } from 'graphql';

/**
 * What texts of documents are kept in all: a parsed one takes 100 to 300 bytes a character, so this is
 * 75 MB at most.
 */
const maxCharacters = 250_000;

/** A longer one is read each time. */
const longest = 25_000;

/** Documents that were found valid, as many as fit; those used last stay. */
export class KnownDocuments {
  readonly #documents = new Map<string, DocumentNode>();
  #characters = 0;

  get(key: string): DocumentNode | undefined {
    const document = this.#documents.get(key);
    if (document) {
      this.#documents.delete(key);
      this.#documents.set(key, document);
    }
    return document;
  }

  set(key: string, document: DocumentNode): void {
    const length = lengthOf(document);
    if (length > longest) return;
    this.delete(key);
    this.#documents.set(key, document);
    this.#characters += length;
    for (const oldest of this.#documents.keys()) {
      if (this.#characters <= maxCharacters) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const document = this.#documents.get(key);
    if (document) this.#characters -= lengthOf(document);
    this.#documents.delete(key);
  }

  /** The same as Apollo Server wants it. */
  asStore() {
    return {
      get: (key: string) => Promise.resolve(this.get(key)),
      set: (key: string, document: DocumentNode) => Promise.resolve(this.set(key, document)),
      delete: (key: string) => Promise.resolve(this.delete(key)),
    };
  }
}

function lengthOf({ loc }: DocumentNode): number {
  return loc!.end;
}

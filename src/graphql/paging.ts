import { ApiError } from './errors.ts';

/** The four paging arguments of the Relay connection specification. */
export interface PagingArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

export interface PageRequest<Position> {
  size: number;
  /** True for `last`/`before`: the page is read from the far end. */
  backward: boolean;
  after: Position | null;
  before: Position | null;
}

export const defaultPageSize = 20;
export const maxPageSize = 100;

/**
 * Reads the paging arguments of a connection.
 *
 * Throws BAD_PAGE_SIZE outside 1 to 100 or when both ends are asked for, and
 * BAD_CURSOR for a cursor that `decode` does not know.
 */
export function readPage<Position>(
  { first, after, last, before }: PagingArguments,
  decode: (cursor: string) => Position,
): PageRequest<Position> {
  if (first != null && last != null) {
    throw new ApiError('BAD_PAGE_SIZE', 'Ask for `first` or `last`, not for both.');
  }
  const size = first ?? last ?? defaultPageSize;
  if (size < 1 || size > maxPageSize) {
    throw new ApiError(
      'BAD_PAGE_SIZE',
      `A page has between 1 and ${maxPageSize} entries; ${size} were asked for. Use \`after\` or \`before\` for the next page.`,
    );
  }
  return {
    size,
    backward: last != null,
    after: after == null ? null : decode(after),
    before: before == null ? null : decode(before),
  };
}

/** An opaque cursor for a position that is a list of strings. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts that `encodeCursor` was given; throws BAD_CURSOR for any other text. */
export function decodeCursor(cursor: string, isValid: (parts: string[]) => boolean): string[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = null;
  }
  if (
    !Array.isArray(parts) ||
    !parts.every((part) => typeof part === 'string') ||
    !isValid(parts)
  ) {
    throw new ApiError(
      'BAD_CURSOR',
      'This cursor does not belong to this list and order. Use `pageInfo.endCursor` or an `edges.cursor` of the same query.',
    );
  }
  return parts;
}

export interface Page<Row> {
  rows: Row[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

/**
 * Makes a page of rows that were read with one row more than `size`, in reading order.
 *
 * The surplus row tells whether there is more in the reading direction; a
 * cursor on the other side tells that there is something behind it.
 */
export function toPage<Row>(request: PageRequest<unknown>, read: Row[]): Page<Row> {
  const more = read.length > request.size;
  const rows = read.slice(0, request.size);
  return request.backward
    ? { rows: rows.reverse(), hasNextPage: request.before !== null, hasPreviousPage: more }
    : { rows, hasNextPage: more, hasPreviousPage: request.after !== null };
}

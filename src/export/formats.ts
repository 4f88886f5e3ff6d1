/** What a cell can hold, as JSON has it. */
type Cell = string | number | boolean | object | null;

/** How rows become a file. */
export interface Format {
  contentType: string;
  extension: string;
  header(columns: readonly string[]): string;
  /** `row` is a JSON object. */
  line(columns: readonly string[], row: string): string;
}

/** By it spreadsheets know that a file is UTF-8: without, umlauts and Chinese are garbled. */
const byteOrderMark = '\uFEFF';

/**
 * Comma-separated values by RFC 4180, in UTF-8 with a byte order mark: a header, lines that end
 * with CR LF, nothing for null, `""` for an empty text, JSON for what is no single value.
 */
const csv: Format = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  header: (columns) => `${byteOrderMark}${columns.join(',')}\r\n`,
  line(columns, row) {
    const cells = JSON.parse(row) as Record<string, Cell>;
    return `${columns.map((column) => csvCell(cells[column]!)).join(',')}\r\n`;
  },
};

/** One JSON object a line, with the values as they are. */
const ndjson: Format = {
  contentType: 'application/x-ndjson; charset=utf-8',
  extension: 'ndjson',
  header: () => '',
  line: (_columns, row) => `${row}\n`,
};

export const formats = { CSV: csv, NDJSON: ndjson } as const;

export type FormatName = keyof typeof formats;

/**
 * A spreadsheet takes a text that begins so for a formula, also after blanks and quotes and in
 * full-width letters (OWASP, "CSV Injection"). With an apostrophe in front it stays a text.
 */
const formula = /^[\s"']*[=+\-@\t\r\n＝＋－＠]/u;

function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = formula.test(plain) ? `'${plain}` : plain;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A body that cannot be read, with the HTTP status for it. */
export class BodyError extends Error {
  readonly status: number;
  /** In bytes, of one that is too large. */
  readonly limit: number | undefined;

  constructor(status: number, message: string, limit?: number) {
    super(message);
    this.status = status;
    this.limit = limit;
  }
}

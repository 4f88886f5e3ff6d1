/** What every answer carries for the audit trail. */
export interface Exchange {
  httpStatus: number;
  latencyMs: number;
  traceId: string | null;
  statusCode: number | null;
  statusMessage: string | null;
}

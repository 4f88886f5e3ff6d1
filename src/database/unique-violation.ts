/** Whether something was not stored because a unique index has it already: by Prisma's code, or PostgreSQL's. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return (
    code === 'P2002' || code === '23505' || (cause instanceof Error && isUniqueViolation(cause))
  );
}

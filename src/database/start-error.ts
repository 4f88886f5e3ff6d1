/**
 * A reason why the database cannot be opened, said in one sentence for the person who starts the
 * service. Show the message; the stack adds nothing, and `cause` holds the driver's own error.
 */
export class DatabaseStartError extends Error {
  override name = 'DatabaseStartError';
}

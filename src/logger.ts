import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What must never reach a log line, wherever in the logged object it stands. */
const secrets = new Set([
  ...['authorization', 'Authorization', 'apiKey', 'api_key', 'x-api-key'],
  ...['videoUrl', 'video_url', 'downloadUrl', 'download_url'],
  ...['firstFrameImage', 'first_frame_image', 'lastFrameImage', 'last_frame_image'],
  ...['subjectImage', 'referenceImages', 'enhancedPrompt'],
]);

/** Nothing that is logged is nested as deep; of what refers to itself pino writes five levels. */
const maxDepth = 6;

/**
 * A structured logger (one JSON line per entry) that drops secrets.
 *
 * Keys, signed links and images are replaced by `[redacted]` wherever they stand; error objects keep
 * message, code and stack. Not in what a child logger is bound to: the service has none. pino's own
 * `redact` copies each logged object, which was a tenth of what a create allocates.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: (logged) => withoutSecrets(logged) },
      serializers: {
        error: (error: Error) => withoutSecrets(pino.stdSerializers.errWithCause(error)),
        err: (error: Error) => withoutSecrets(pino.stdSerializers.err(error)),
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** The object itself when it holds no secret, a copy without them when it does. */
function withoutSecrets<Logged extends object>(logged: Logged, depth = 0): Logged {
  let copy: Logged | undefined;
  for (const key in logged) {
    const value: unknown = logged[key];
    // The detail of a database's error has the values of the row.
    const isSecret = secrets.has(key) || (key === 'detail' && 'severity' in logged);
    const kept = isSecret ? '[redacted]' : withoutNested(value, depth);
    if (kept === value || value === undefined) continue;
    copy ??= copyOf(logged);
    Object.defineProperty(copy, key, { value: kept, enumerable: true });
  }
  return copy ?? logged;
}

function withoutNested(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === maxDepth) return value;
  return withoutSecrets(value, depth + 1);
}

/** Of the same kind, with properties that can all be changed. */
function copyOf<Logged extends object>(logged: Logged): Logged {
  if (Array.isArray(logged)) return [...(logged as unknown[])] as Logged;
  const properties = Object.getOwnPropertyDescriptors(logged) as PropertyDescriptorMap;
  for (const property of Object.values(properties)) property.configurable = true;
  return Object.create(Object.getPrototypeOf(logged) as object | null, properties) as Logged;
}

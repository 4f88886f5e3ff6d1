import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What must never reach a log line, wherever in the logged object it stands. */
const secretPaths = [
  'authorization',
  'apiKey',
  'videoUrl',
  'downloadUrl',
  'firstFrameImage',
  'lastFrameImage',
  'enhancedPrompt',
];

/**
 * A structured logger (one JSON line per entry) that drops secrets.
 *
 * Keys, signed links and images are replaced by `[redacted]` at the top level
 * and one level down; error objects keep message, code and stack.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretPaths.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]),
        censor: '[redacted]',
      },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

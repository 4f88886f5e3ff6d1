const traceId = {
  'Trace-Id': {
    description: 'Names the request in the log and the audit trail of this service.',
    schema: { type: 'string' },
  },
};

/** The id of a generation in examples. */
export const exampleId = '01a20aaf-1272-795b-bfcc-615394d04a69';

/** A response with a body of this schema. */
export function answer(description: string, schema: string, example: object) {
  return {
    description,
    headers: traceId,
    content: {
      'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example },
    },
  };
}

/** A response with a body of one of these schemas. */
export function answerOf(description: string, schemas: readonly string[], example: object) {
  const oneOf = schemas.map((schema) => ({ $ref: `#/components/schemas/${schema}` }));
  return {
    ...{ description, headers: traceId },
    content: { 'application/json': { schema: { oneOf }, example } },
  };
}

/** A response that tells when to come again. */
export function answerWithRetry(description: string, schema: string, example: object) {
  const retryAfter = {
    description: 'Seconds until requests are answered again.',
    schema: { type: 'integer' },
  };
  return {
    ...answer(description, schema, example),
    headers: { ...traceId, 'Retry-After': retryAfter },
  };
}

/** A header of submissions, with what happens when its key is used for something else. */
export function idempotencyKey(otherwise: string) {
  return {
    name: 'Idempotency-Key',
    in: 'header',
    description: `Makes it safe to repeat the request: the same key with the same request gives the same \`task_id\` and pays nothing. With another request it is refused with ${otherwise}. 1 to 255 printable ASCII characters without spaces.`,
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
  };
}

/** The property `aigc_watermark` of submissions. */
export const watermark = {
  type: ['boolean', 'null'],
  description: 'Whether the video gets a visible watermark that says AI made it.',
};

/** The property `callback_url` of submissions. */
export const noCallback = {
  type: ['string', 'null'],
  maxLength: 0,
  description:
    'Not supported: this service calls nobody back for it. Anything but an empty text is refused with 2013. Query the task instead.',
};

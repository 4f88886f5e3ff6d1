/** What the tests use of it: it comes without types. */
declare module 's3rver' {
  import type { RequestListener } from 'node:http';

  export default class S3rver {
    constructor(options: Record<string, unknown>);
    configureBuckets(): Promise<unknown>;
    callback(): RequestListener;
  }
}

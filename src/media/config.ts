/** Where media are kept, which, for how long and how they are given out, as the operator wants it. */
export interface MediaConfig {
  /** Not used with a bucket. */
  readonly directory: string;
  readonly bucket: BucketConfig | undefined;
  /** Of which generations the videos are kept: all, none, or those with one of these tags. */
  readonly keepVideos: 'all' | 'off' | { readonly tags: readonly string[] };
  readonly maxVideoBytes: number;
  /** Videos that one server fetches at once. */
  readonly concurrency: number;
  /** For one attempt to fetch a video. */
  readonly timeoutMs: number;
  /** How long an address of a kept video works. */
  readonly urlMs: number;
  /** Whether such an address leads on to the bucket, instead of through this service. */
  readonly redirect: boolean;
  /** Whether what callers give by URL is fetched, measured and kept here. */
  readonly fetchInputs: boolean;
  /** Kept media are removed after that; undefined: never for their age. */
  readonly keepDays: number | undefined;
  /** The most that a request may ask to be kept for, which then holds instead. */
  readonly maxKeepForDays: number;
  /** Of one tenant, or of a caller without one; undefined: any size. */
  readonly tenantBytes: number | undefined;
}

/** A bucket of S3, or of what speaks its protocol. */
export interface BucketConfig {
  readonly bucket: string;
  /** Unset: Amazon's own, by the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  /** Before each key, without a slash at either end; may be empty. */
  readonly prefix: string;
  /** `AES256`, `aws:kms`, or `aws:kms:<key>`. */
  readonly encryption: string | undefined;
  /** Unset: what the machine gives, as Amazon's tools find it. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { VideoLink } from '../following/video-links.ts';

export interface SignedUrlsOptions {
  prisma: Database['prisma'];
  now: () => Date;
  /** Under which kept videos are reached by browsers. */
  baseUrl: string;
  /** How long an address works at most; half as long at least. */
  urlMs: number;
  /** Left out: `mp4`. */
  extension?: string;
}

/** Addresses of kept videos, which end. Who has one needs nothing else; who may have one the API decides. */
export class SignedUrls {
  readonly #options: SignedUrlsOptions;
  #key: Promise<Buffer> | undefined;

  constructor(options: SignedUrlsOptions) {
    this.#options = options;
  }

  /** The same for whoever asks within some time, so that a player that is shown it again goes on. */
  async of(generationId: string): Promise<VideoLink> {
    const { baseUrl, urlMs, now, extension = 'mp4' } = this.#options;
    const step = urlMs / 2;
    const expires = Math.floor(((Math.floor(now().getTime() / step) + 2) * step) / 1_000);
    const signature = this.#sign(await this.#secret(), generationId, expires);
    const query = `expires=${expires}&signature=${signature}`;
    const url = `${baseUrl}/${generationId}.${extension}?${query}`;
    return { url, expiresAt: new Date(expires * 1_000) };
  }

  /** For how many seconds an address still works; 0 when it has ended, null when it is none of ours. */
  async check(generationId: string, expires: unknown, signature: unknown): Promise<number | null> {
    if (typeof expires !== 'string' || !/^\d{1,12}$/.test(expires)) return null;
    if (typeof signature !== 'string') return null;
    const right = Buffer.from(this.#sign(await this.#secret(), generationId, Number(expires)));
    const given = Buffer.from(signature);
    if (right.length !== given.length || !timingSafeEqual(right, given)) return null;
    const left = Number(expires) - Math.ceil(this.#options.now().getTime() / 1_000);
    return Math.max(0, left);
  }

  #sign(secret: Buffer, generationId: string, expires: number): string {
    return createHmac('sha256', secret).update(`${generationId}\n${expires}`).digest('base64url');
  }

  #secret(): Promise<Buffer> {
    this.#key ??= this.#readOrMake().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  /** The one that the first server made. */
  async #readOrMake(): Promise<Buffer> {
    const { prisma, now } = this.#options;
    const id = 1;
    const found = await prisma.mediaKey.findUnique({ where: { id } });
    if (found === null) {
      const data = { id, secret: randomBytes(32).toString('base64url'), createdAt: now() };
      await prisma.mediaKey.createMany({ data, skipDuplicates: true });
    }
    const { secret } = found ?? (await prisma.mediaKey.findUniqueOrThrow({ where: { id } }));
    return Buffer.from(secret, 'base64url');
  }
}

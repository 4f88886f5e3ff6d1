import { letGo } from '../network/held-files.ts';
import type { Held } from './body-room.ts';

/** The room of a body, and the files of it that are held outside its text. */
export class HeldBody implements Held {
  files: readonly string[] = [];
  /** What it was read into. */
  buffer: Buffer | null = null;
  readonly #room: Held;

  readonly #reuse: (buffer: Buffer) => void;

  constructor(room: Held, reuse: (buffer: Buffer) => void) {
    this.#room = room;
    this.#reuse = reuse;
  }

  get isHeld(): boolean {
    return this.#room.isHeld;
  }

  shrink(bytes: number): void {
    this.#room.shrink(bytes);
  }

  /** Nobody reads what is held any more. */
  end(): void {
    if (this.buffer) this.#reuse(this.buffer);
    this.buffer = null;
    this.release();
  }

  release(): void {
    letGo(this.files);
    this.#room.release();
  }
}

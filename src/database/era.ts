/** Goes on when connections that were made before may be of no more use: on a dead path, or to a server that was demoted. */
export class Era {
  #current = 0;
  #beganAt = -Infinity;

  get current(): number {
    return this.#current;
  }

  /** Once a second at most: connections are not made for nothing but being thrown away. */
  end(): void {
    if (performance.now() - this.#beganAt < 1_000) return;
    this.#beganAt = performance.now();
    this.#current += 1;
  }
}

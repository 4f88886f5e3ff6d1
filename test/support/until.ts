/** Resolves as soon as `done` says so; throws, with its text, when it does not within 20 seconds. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`this has not come to be: ${done.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

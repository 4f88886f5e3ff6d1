/** Resolves as soon as `done` says so; throws, with its text, when it does not in time. */
export async function until(
  done: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`this has not come to be: ${done.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

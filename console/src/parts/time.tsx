const full = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
});
const short = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** An instant in the reader's own time zone; UTC is shown by whoever points at it. */
export function Time({ at, brief = false }: { at: string; brief?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={`${at.slice(0, 19).replace('T', ' ')} UTC`}>
      {(brief ? short : full).format(date)}
    </time>
  );
}

/** The same with UTC written beside it, for pages about one thing. */
export function TimeWithUtc({ at }: { at: string }) {
  return (
    <>
      <Time at={at} /> <small>({at.slice(0, 19).replace('T', ' ')} UTC)</small>
    </>
  );
}

export function TimeOfDay({ at }: { at: number }) {
  return <>{clock.format(at)}</>;
}

/** A length of time as people say it. */
export function describeMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

/** What a field for a local time shows for an instant. */
export function localOf(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

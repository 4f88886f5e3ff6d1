const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size for people: 1536 as "1.5 KiB". */
export function describeBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const size = bytes / 1024 ** power;
  const digits = power > 0 && size < 10 ? 1 : 0;
  return `${size.toLocaleString(undefined, { maximumFractionDigits: digits })} ${units[power]}`;
}

import { cameraCommands } from './models.ts';

const advisedInOneBracket = 3;
const known = cameraCommands.flatMap(({ name, chinaName }) => [name, chinaName]);
const plain = (text: string) => text.trim().toLowerCase().replace(/\s+/g, ' ');
const knownPlain = new Set(known.map(plain));

export interface CameraCommandUse {
  /** Whether any documented command stands in brackets. */
  usesCommands: boolean;
  /** What stands in brackets and is no documented command, each once, with the nearest that is. */
  unknown: { text: string; nearest: string | null }[];
  /** Brackets of another script that hold documented commands, which MiniMax does not read there. */
  wide: string[];
  /** The brackets with more commands than run together well. */
  crowded: string[];
}

/** What the brackets of a prompt ask of the camera (wire contract §3.5). */
export function readCameraCommands(prompt: string): CameraCommandUse {
  const use: CameraCommandUse = { usesCommands: false, unknown: [], wide: [], crowded: [] };
  const met = new Set<string>();
  for (const [bracket, content] of prompt.matchAll(/\[([^[\]]*)\]/g)) {
    const parts = content!.split(/[,，、]/).filter((part) => part.trim() !== '');
    const commands = parts.filter((part) => knownPlain.has(plain(part)));
    use.usesCommands ||= commands.length > 0;
    if (commands.length > advisedInOneBracket) use.crowded.push(bracket);
    for (const part of parts) {
      const text = part.trim();
      if (knownPlain.has(plain(part)) || met.has(plain(part))) continue;
      met.add(plain(part));
      use.unknown.push({ text, nearest: nearestCommand(text) });
    }
  }
  for (const [bracket, content] of prompt.matchAll(/[［【〔]([^［【〔］】〕[\]]*)[］】〕]/g)) {
    const parts = content!.split(/[,，、]/);
    if (parts.some((part) => knownPlain.has(plain(part)))) use.wide.push(bracket);
  }
  return use;
}

function nearestCommand(text: string): string | null {
  const wanted = plain(text);
  let nearest: string | null = null;
  // Half of the letters may differ; a longer text is a remark, not a misspelling.
  let best = Math.floor(wanted.length / 2) + 1;
  if (wanted.length > 24) return null;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (distance < best) [best, nearest] = [distance, name];
  }
  return nearest;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Of each letter that has a small or a capital one: all that are alike. Made when it is needed first, in some 20 ms. */
let alike: ReadonlyMap<string, string> | undefined;

const codePoints = 0x20000;

/**
 * A regular expression for the texts that contain this one, whatever the letter case. PostgreSQL
 * (`~`) and JavaScript (flag `u`) read it alike.
 *
 * PostgreSQL's own folding of case depends on the locale of the database, and under `C` knows only
 * ASCII. So each letter stands here with those that are alike: whose capital letter has the same
 * small one, each letter by itself. Σ, σ and ς are alike, and I, i and ı; İ is alone, and ß is
 * not SS. The trigram index of the prompts finds such an expression too.
 */
export function containing(text: string): string {
  alike ??= lettersAlike();
  return Array.from(text, (letter) => {
    const letters = alike!.get(letter);
    return letters ? `[${letters}]` : letter.replace(/[\^$\\.*+?()[\]{}|]/, '\\$&');
  }).join('');
}

function lettersAlike(): Map<string, string> {
  const bySmall = new Map<string, string>();
  for (let codePoint = 0; codePoint < codePoints; codePoint++) {
    const letter = String.fromCodePoint(codePoint);
    if (!/\p{Changes_When_Casemapped}/u.test(letter)) continue;
    const small = smallOf(letter);
    bySmall.set(small, (bySmall.get(small) ?? '') + letter);
  }
  const found = [...bySmall.values()].filter((letters) => Array.from(letters).length > 1);
  return new Map(found.flatMap((letters) => Array.from(letters, (letter) => [letter, letters])));
}

function smallOf(letter: string): string {
  const capital = single(letter, letter.toUpperCase());
  return single(capital, capital.toLowerCase());
}

/** What it becomes, unless that is several letters. */
function single(letter: string, changed: string): string {
  return Array.from(changed).length === 1 ? changed : letter;
}

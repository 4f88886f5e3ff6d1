/** A case, and each contender's requests a second as a multiple of the peer's. */
export interface Bars {
  title: string;
  bars: { name: string; ratio: number }[];
}

const colours = ['#9aa5b1', '#5b5bd6', '#f0a35e', '#5eb1bf', '#b58db6', '#d1d5db'];
const width = 760;
const left = 190;
const barHeight = 15;
const gap = 30;

/** Groups of bars as SVG, readable on light and dark. */
export function plot(groups: readonly Bars[], peer: string): string {
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  const scale = (width - left - 60) / longest;
  let y = 24;
  const parts = [text(left, 14, `requests a second, × ${peer}`, 'start')];
  for (const { title, bars } of groups) {
    parts.push(text(left - 10, y + (bars.length * barHeight) / 2 + 4, title, 'end'));
    bars.forEach(({ ratio }, index) => {
      const length = Math.max(1, ratio * scale);
      parts.push(
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 2}" fill="${colours[index % colours.length]}"/>`,
        text(left + length + 5, y + 11, ratio.toFixed(2), 'start'),
      );
      y += barHeight;
    });
    y += gap - barHeight;
  }
  groups[0]!.bars.forEach(({ name }, index) => {
    parts.push(
      `<rect x="${left}" y="${y}" width="11" height="11" fill="${colours[index % colours.length]}"/>`,
      text(left + 18, y + 10, name, 'start'),
    );
    y += 17;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 4}" font-family="system-ui, sans-serif" font-size="12" fill="#7b8794">
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

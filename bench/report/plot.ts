/** Bars as SVG, readable on light and dark ground. Pure. */

import type { Group } from './figures.ts';

const [WIDTH, LABEL, BAR, ROW, TOP] = [760, 260, 360, 22, 34];

export function svgOf({ title, bars }: Group): string {
  const most = Math.max(...bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const rows = bars.map(({ label, value }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(1, Math.round((Math.abs(value) / most) * BAR));
    return [
      `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL}" y="${y + 3}" width="${width}" height="${ROW - 8}" rx="2"/>`,
      `<text x="${LABEL + width + 6}" y="${y + 14}">${value.toLocaleString('en', { maximumFractionDigits: 3 })}</text>`,
    ].join('');
  });
  const height = TOP + bars.length * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    '<style>text{font:12px sans-serif;fill:#6b7280}rect{fill:#3b82f6}.title{font-weight:bold}</style>',
    `<text class="title" x="8" y="20">${escaped(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

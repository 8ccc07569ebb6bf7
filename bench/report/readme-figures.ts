/** Figures that a page claims: each stands in a sentence that links to a row of the report, or is given and not measured. Pure. */

const DIGITS = String.raw`\d[\d,.]*(?: (?:thousand|million|billion))?`;
const WORDS =
  '(?:half an?|one|two|three|four|five|ten|twenty|hundreds? of|thousands? of|millions? of|a (?:hundred|thousand|million))';
const TIME = '(?:milliseconds?|seconds?|minutes?|hours?|days?|weeks?)';
const COUNT =
  '(?:claims|roots|requests|answers|rows|records|transactions|subscribers|subscriptions|events|deliveries)(?: (?:a|per) \\w+)?';
const OTHER = 'SOL|times (?:as|faster|slower|more)';
const FIGURE = new RegExp(
  [
    `${DIGITS} ?(?:ms|µs|s|h|min|KB|MB|GB|TB|%|${TIME}|${COUNT}|${OTHER})`,
    `${WORDS} (?:${TIME}|${COUNT}|${OTHER})`,
    // Not "a second": that is an ordinal as often.
    '(?:a minute|an hour|a day|a week)',
  ]
    .map((kind) => `(?<![\\w-])${kind}(?![\\w-])`)
    .join('|'),
  'gi',
);
const ROW = /docs\/report\/README\.md#[\w-]+/;

/** What is given, not measured: how the chain's clock and the options are defined. In the words of the page. */
const GIVEN = [
  'about 48 h at slots of 400 ms, 24 h at 200 ms',
  '0.01 SOL each',
  // 32 slots of 400 ms.
  'by TowerBFT, about 13 s after they are made',
  // How long it takes to read.
  'A tour of ten minutes',
];

/** Each figure without a row, in its sentence. @param page Markdown; what stands in blocks of code is an example. */
export function figuresWithoutRow(page: string): string[] {
  const prose = GIVEN.reduce(
    (text, given) => text.replaceAll(given, ''),
    page.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/(?<!\n)\n(?![\n|#-])/g, ' '),
  );
  return prose
    .split(/\n|(?<=[.:;]) (?=[A-Z`[])/)
    .filter((sentence) => !ROW.test(sentence))
    .flatMap((sentence) => [...sentence.matchAll(FIGURE)].map(([figure]) => `${figure}: ${sentence.trim()}`));
}

/** Words that are given and stand nowhere any more. */
export function unusedGivens(page: string): string[] {
  const flat = page.replaceAll(/\s+/g, ' ');
  return GIVEN.filter((given) => !flat.includes(given));
}

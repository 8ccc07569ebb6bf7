/** What the README claims, and what shows it: a measured row of the report, or a test by its file and its words. */

export type Evidence =
  | { readonly kind: 'source'; readonly name: string }
  | { readonly kind: 'test'; readonly file: string; readonly name: string };

export interface Claim {
  /** Of its row in the report; the README links there. */
  readonly id: string;
  /** As it stands in the README. */
  readonly sentence: string;
  readonly evidence: readonly Evidence[];
}

const source = (name: string): Evidence => ({ kind: 'source', name });
const test = (file: string, name: string): Evidence => ({ kind: 'test', file, name });

export const CLAIMS: readonly Claim[] = [
  {
    id: 'claim-minute',
    sentence: 'Within a minute you see roots, then settled roots',
    evidence: [source('start')],
  },
  {
    id: 'claim-exactly-once',
    sentence: 'builds the Merkle root of each channel and epoch exactly once',
    evidence: [
      source('simulate-platform'),
      source('soak'),
      test(
        'tests/killed-roles.test.ts',
        'ends, after all of that, in the roots and rows of a run that nobody disturbed',
      ),
    ],
  },
  {
    id: 'claim-killed',
    sentence: 'may be killed at any moment',
    evidence: [
      source('soak'),
      source('rolling'),
      test(
        'tests/killed-roles.test.ts',
        'ends, after all of that, in the roots and rows of a run that nobody disturbed',
      ),
    ],
  },
  {
    id: 'claim-cursor',
    sentence: 'goes on behind it without loss or repetition',
    evidence: [source('bench-gateway'), test('graphql/io/feed/feed.test.ts', 'miss nothing and repeat nothing')],
  },
  {
    id: 'claim-replay',
    sentence: 'rows and roots come out the same',
    evidence: [source('simulate-platform'), test('tests/replay.test.ts', 'gives no root twice')],
  },
  {
    id: 'claim-panels',
    sentence: 'a test asks a real Prometheus each of their queries',
    evidence: [test('tests/on-call.test.ts', 'has an answer for every query of every panel')],
  },
];

/** Values that a client may send: such as there are, such as there cannot be, and such as no client should. Seeded. Pure. */

import type { SeededRandom } from '../random.ts';

/** What is stored, so that some requests find something. */
export interface KnownValues {
  readonly users: readonly string[];
  readonly channels: readonly string[];
  readonly epochs: readonly number[];
  readonly eventIds: readonly string[];
  readonly hashes: readonly string[];
}

const TEXTS = [
  '',
  ' ',
  'null',
  '0',
  '-1',
  '1e309',
  'a\u0000b',
  '\ud800',
  '\u202eabc',
  '💣'.repeat(50),
  "'; drop table claims; --",
  '%s%n${7*7}{{7*7}}',
  '../../../etc/passwd',
  '%00%2e%2e',
  '1'.repeat(400),
  'beginning',
  '__proto__',
  'constructor',
  '0x' + 'ff'.repeat(32),
] as const;
const NUMBERS = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 64, 0.5, -0, 1e21] as const;
const LARGE = ['9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616'] as const;

/** A text that may or may not be what is asked for. */
export function anyText(random: SeededRandom, known: KnownValues): string {
  const found: readonly string[] = random.pick<readonly string[]>([
    known.users,
    known.channels,
    known.eventIds,
    known.hashes,
    known.epochs.map(String),
    LARGE,
    TEXTS,
  ]);
  const text = random.pick(found);
  if (random.chance(0.1)) return `${text}${String.fromCharCode(random.between(0, 0xffff))}`;
  return random.chance(0.03) ? text.repeat(random.between(2, 200)) : text;
}

/** A value of JSON, of any shape. */
export function anyValue(random: SeededRandom, known: KnownValues, depth = 0): unknown {
  const kind = random.between(0, depth > 2 ? 3 : 5);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind === 1) return random.pick(NUMBERS);
  if (kind <= 3) return anyText(random, known);
  const parts = Array.from({ length: random.between(0, 4) }, () => anyValue(random, known, depth + 1));
  return kind === 4 ? parts : Object.fromEntries(parts.map((part) => [anyText(random, known), part]));
}

/** What is likely to be right for an argument of that name and type. */
export function fittingValue(type: string, name: string, random: SeededRandom, known: KnownValues): unknown {
  switch (type) {
    case 'Address':
      return random.pick(known.users);
    case 'Hash':
      return random.pick(known.hashes);
    case 'U64':
      return random.chance(0.7) ? String(random.pick(known.epochs)) : random.pick(LARGE);
    case 'Int':
      return random.chance(0.7) ? random.between(0, 100) : random.pick(NUMBERS);
    case 'Boolean':
      return random.chance(0.5);
    default:
      if (name === 'channel') return random.pick(known.channels);
      if (name === 'eventId') return random.pick(known.eventIds);
      return anyText(random, known);
  }
}

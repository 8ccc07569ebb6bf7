/** What `ao status` shows of a platform on one screen. Pure. */

import { settlementWord, shortHash } from '../render/words.ts';

/** A part that was asked, or why it did not answer: what nobody knows is never shown as none. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

export interface StatusSnapshot {
  /** ISO 8601. */
  readonly at: string;
  readonly health: Known<Readonly<Record<string, unknown>>>;
  /** Records that each consumer group has still to read. */
  readonly lag: Known<Readonly<Record<string, number>>>;
  /** The newest slot that the chain calls final. */
  readonly chainSlot: Known<number>;
  readonly proven: Known<Proven>;
  /** Newest first. */
  readonly epochs: Known<readonly EpochStatus[]>;
  /** Newest first. */
  readonly roots: Known<readonly RootStatusRow[]>;
}

export interface Proven {
  /** Up to which slot everything is proven but for the gaps; null while nothing is. */
  readonly slot: number | null;
  /** How long ago the chain was there, ms; null while nothing is proven. */
  readonly agoMs: number | null;
  readonly gaps: readonly { readonly fromSlot: string; readonly toSlot: string }[];
  /** As the gateway counts them; null where it does not know. */
  readonly slotsBehind: number | null;
}

export interface EpochStatus {
  readonly epoch: string;
  readonly startSlot: string;
  readonly endSlot: string;
  readonly finalized: boolean;
  readonly complete: boolean;
  readonly holes: readonly { readonly fromSlot: string; readonly toSlot: string }[];
}

export interface RootStatusRow {
  readonly channel: string;
  readonly epoch: string;
  readonly root: string;
  readonly count: number;
  readonly settlement: Parameters<typeof settlementWord>[0];
}

const BAR_WIDTH = 24;

/** Lines of one screen, cut to its width and height. */
export function statusScreen(snapshot: StatusSnapshot, { columns, rows }: { columns: number; rows: number }): string[] {
  const lines = [
    `Attention Oracle · ${snapshot.at}`,
    ...told('gateway', snapshot.health, (health) =>
      Object.entries(health)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join('  '),
    ),
    ...told('proven', snapshot.proven, (proven) => provenWords(proven, snapshot.chainSlot)),
    '',
    ...lagLines(snapshot.lag),
    '',
    ...listed('epoch', snapshot.epochs, epochLine),
    '',
    ...listed('root', snapshot.roots, rootLine),
  ];
  const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
  return shown.map((line) => (line.length <= columns ? line : `${line.slice(0, columns - 1)}…`));
}

/** Slots that the chain is ahead of what is proven: as the gateway counts them, else by the chain's own slot. */
export function slotsBehind(proven: Known<Proven>, chainSlot: Known<number>): number | undefined {
  if (!('value' in proven) || proven.value.slot === null) return undefined;
  if (proven.value.slotsBehind !== null) return proven.value.slotsBehind;
  if (!('value' in chainSlot)) return undefined;
  return Math.max(0, chainSlot.value - proven.value.slot);
}

function provenWords(proven: Proven, chainSlot: Known<number>): string {
  if (proven.slot === null) return 'nothing yet';
  const behind = slotsBehind({ value: proven }, chainSlot);
  const distance =
    behind === undefined
      ? `the chain's slot is unknown (${'unknown' in chainSlot ? chainSlot.unknown : ''})`
      : `${behind} slots behind the chain`;
  const ago = proven.agoMs === null ? '' : `, ${(proven.agoMs / 1000).toFixed(1)} s ago`;
  const gaps =
    proven.gaps.length === 0
      ? 'no gap'
      : `${proven.gaps.length} gaps: ${proven.gaps.map(({ fromSlot, toSlot }) => `${fromSlot}–${toSlot}`).join(', ')}`;
  return `up to slot ${proven.slot}${ago}; ${distance}; ${gaps}`;
}

function told<T>(name: string, part: Known<T>, words: (value: T) => string): string[] {
  return [`${name.padEnd(9)}${'value' in part ? words(part.value) : `unknown: ${part.unknown}`}`];
}

function listed<T>(name: string, part: Known<readonly T[]>, line: (value: T) => string): string[] {
  if ('unknown' in part) return [`${name.padEnd(9)}unknown: ${part.unknown}`];
  return part.value.length === 0 ? [`${name.padEnd(9)}none yet`] : part.value.map(line);
}

function lagLines(lag: Known<Readonly<Record<string, number>>>): string[] {
  if ('unknown' in lag) return [`lag      unknown: ${lag.unknown}`];
  const groups = Object.entries(lag.value);
  const most = Math.max(1, ...groups.map(([, records]) => records));
  return groups.length === 0
    ? ['lag      no group has read anything yet']
    : groups.map(
        ([group, records]) => `lag      ${group.padEnd(28)}${String(records).padStart(8)} ${bar(records / most)}`,
      );
}

function bar(share: number): string {
  return '█'.repeat(Math.round(share * BAR_WIDTH));
}

function epochLine({ epoch, startSlot, endSlot, finalized, complete, holes }: EpochStatus): string {
  const slots = Number(endSlot) - Number(startSlot) + 1;
  const missing = holes.reduce((sum, hole) => sum + Number(hole.toSlot) - Number(hole.fromSlot) + 1, 0);
  // Rounded down: 100 % is said of a whole epoch only.
  const share = Math.floor((100 * (slots - missing)) / slots);
  const covered = Math.floor(((slots - missing) / slots) * BAR_WIDTH);
  const state = finalized ? 'final' : 'open';
  return `epoch    ${epoch.padEnd(6)} ${state.padEnd(6)} ${'█'.repeat(covered)}${'·'.repeat(BAR_WIDTH - covered)} ${share} % proven${complete ? '' : `, ${missing} slots missing`}`;
}

function rootLine({ channel, epoch, root, count, settlement }: RootStatusRow): string {
  return `root     ${channel.padEnd(16)} epoch ${epoch.padEnd(6)} ${shortHash(root)} ${String(count).padStart(6)} claims  ${settlementWord(settlement)}`;
}

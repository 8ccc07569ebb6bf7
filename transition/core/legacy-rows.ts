/** Rows of the legacy system, from a file or its tables, as roots that can be compared. */

import { normalizeChannel } from '@attention-oracle/sdk';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { LegacyRoot } from './parity.ts';

const epoch = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative().refine(Number.isSafeInteger)]);
const hash = z.string().regex(/^(0x)?[0-9a-fA-F]{64}$/);
const root = z.object({
  channel: z.string().min(1),
  epoch,
  root: hash,
  count: z.number().int().nonnegative().nullish(),
  volume: z
    .string()
    .regex(/^\d{1,30}$/)
    .nullish(),
  kind: z.enum(['participation', 'claims']).nullish(),
  userHashes: z.array(hash).nullish(),
});
const participation = z.object({ channel: z.string().min(1), epoch, root: hash, participants: z.number().int() });
const file = z
  .object({ roots: z.array(root).optional(), participationTree: z.array(participation).optional() })
  .refine((value) => value.roots !== undefined || value.participationTree !== undefined, {
    error: 'needs `roots` or `participationTree`',
  });

export type LegacyRow = z.input<typeof root>;

/** @throws AppError ARGUMENT_INVALID when a row is none of the legacy system. */
export function toLegacyRoot(row: LegacyRow): LegacyRoot {
  const { success, data, error } = root.safeParse(row);
  if (!success) throw notLegacy(error);
  return {
    channel: normalizeChannel(data.channel),
    epoch: BigInt(data.epoch),
    root: plainHex(data.root),
    count: data.count ?? null,
    volume: data.volume == null ? null : BigInt(data.volume),
    kind: data.kind ?? null,
    userHashes: data.userHashes?.map(plainHex) ?? null,
  };
}

/** A row of the legacy system's own tables: what cannot be read there is uncertain, never left out. */
export function toLegacyTableRoot(row: Readonly<Record<keyof LegacyRow, unknown>>): LegacyRoot {
  const { success, data, error } = root.safeParse(row);
  if (success) return toLegacyRoot(data);
  const { epoch: number, channel, root: bytes, kind } = row;
  return {
    channel: typeof channel === 'string' && channel !== '' ? normalizeChannel(channel) : '(no channel)',
    epoch: /^-?\d+$/.test(String(number)) ? BigInt(String(number)) : -1n,
    root: String(bytes),
    uncertain: `a row of the legacy system cannot be read: ${z.prettifyError(error).replaceAll('\n', ' ')}`,
    count: null,
    volume: null,
    kind: kind === 'participation' || kind === 'claims' ? kind : null,
    userHashes: null,
  };
}

/** @throws AppError ARGUMENT_INVALID when the text is no export of the legacy system. */
export function parseLegacyFile(text: string): LegacyRoot[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('ARGUMENT_INVALID', 'The legacy file is no JSON.', { cause });
  }
  const { success, data, error } = file.safeParse(json);
  if (!success) throw notLegacy(error);
  const participations = (data.participationTree ?? []).map(({ participants, ...row }) =>
    toLegacyRoot({ ...row, count: participants, kind: 'participation' }),
  );
  return [...(data.roots ?? []).map(toLegacyRoot), ...participations];
}

function plainHex(text: string): string {
  return text.replace(/^0x/, '').toLowerCase();
}

function notLegacy(error: z.ZodError): AppError {
  return new AppError('ARGUMENT_INVALID', `What the legacy side holds cannot be compared: ${z.prettifyError(error)}`);
}

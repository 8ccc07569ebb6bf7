/** What stands in the rings of the program, as one process with an RPC endpoint tells another that has none. Pure. */

export interface RingSurvey {
  readonly programId: string;
  /** Finalised slot as of which it holds. */
  readonly slot: number;
  /** False where the node lists no accounts of a program: then nobody can say what stands in the rings. */
  readonly listed: boolean;
  /** Newest epoch in the rings of each mint that has any; {@link NO_EPOCH} of one that is known to have none. */
  readonly newestEpochs: ReadonlyMap<string, bigint>;
  /** Whether a mint that is not named has no epoch in any ring. */
  readonly namesEveryMint: boolean;
}

export const NO_EPOCH = -1n;

/** Brokers keep 4,096 bytes of metadata. */
const MAX_MINTS = 40;

export function encodeSurvey({ programId, slot, listed, newestEpochs, namesEveryMint }: RingSurvey): string {
  const highest = [...newestEpochs].sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0)).slice(0, MAX_MINTS);
  const newest = Object.fromEntries(highest.map(([mint, epoch]) => [mint, epoch.toString()]));
  const every = namesEveryMint && newestEpochs.size <= MAX_MINTS;
  return JSON.stringify({ v: 1, programId, slot, listed, newest, every });
}

/** Undefined for what this release did not write. */
export function decodeSurvey(metadata: string): RingSurvey | undefined {
  try {
    const { v, programId, slot, listed, newest, every } = JSON.parse(metadata) as Record<string, unknown>;
    if (v !== 1 || typeof programId !== 'string' || typeof slot !== 'number') return undefined;
    const epochs = Object.entries(newest as Record<string, string>).map(
      ([mint, epoch]) => [mint, BigInt(epoch)] as const,
    );
    return { programId, slot, listed: listed === true, newestEpochs: new Map(epochs), namesEveryMint: every === true };
  } catch {
    return undefined;
  }
}

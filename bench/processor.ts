import { encodeCheckpoint } from '../processors/epoch-roots/core/checkpoint.ts';
import { type Input, type Output, PartitionState } from '../processors/epoch-roots/core/partition-state.ts';
import { Progress } from '../processors/epoch-roots/core/progress.ts';
import { recordType } from '../schemas/records.ts';
import { claim, makeClaimers, RULES, watermark } from './processor/records.ts';

const OPEN_CLAIMS = 1_000_000;
/** Records made ahead of each timed stretch: a million at once would measure the garbage collector. */
const STRETCH = 10_000;
const WATERMARK_EVERY = 500;

/**
 * The processor's pure core, one partition: records a second as they are applied live; the time to restore an epoch of
 * 1,000,000 open claims from Avro records, without the network; its memory; the time to finalise it.
 */
export async function run(): Promise<object> {
  const claimers = makeClaimers();
  const state = new PartitionState(RULES, 0, { offset: 0, progress: Progress.start });
  const before = heapBytes();
  let [decodeMs, applyMs, slowestMs, restoreCpuMs] = [0, 0, 0, 0];
  for (let offset = 0; offset < OPEN_CLAIMS; offset += STRETCH) {
    const encoded = encodeStretch(offset, claimers);
    const cpuStart = cpuMs();
    const decodeStart = performance.now();
    const inputs = encoded.map(decode);
    const applyStart = performance.now();
    for (const [i, input] of inputs.entries()) state.apply(offset + i, input);
    const end = performance.now();
    restoreCpuMs += cpuMs() - cpuStart;
    decodeMs += applyStart - decodeStart;
    applyMs += end - applyStart;
    slowestMs = Math.max(slowestMs, end - applyStart);
    await new Promise(setImmediate);
  }
  const { openClaims } = state;
  const memory = heapBytes() - before;
  const checkpointStart = performance.now();
  const metadata = encodeCheckpoint(RULES, state.checkpoint());
  const checkpointMs = performance.now() - checkpointStart;

  const finalizeCpuStart = cpuMs();
  const finalizeStart = performance.now();
  const outputs = finalize(state);
  const finalizeMs = performance.now() - finalizeStart;
  const finalizeCpuMs = cpuMs() - finalizeCpuStart;
  const perSecond = (ms: number): number => Math.round((OPEN_CLAIMS / ms) * 1000);
  return {
    recordsPerSecond: { core: perSecond(applyMs), coreWithAvro: perSecond(decodeMs + applyMs) },
    restore: {
      openClaims,
      records: OPEN_CLAIMS,
      ms: Math.round(decodeMs + applyMs),
      cpuMs: Math.round(restoreCpuMs),
      slowest10kRecordsMs: Math.round(slowestMs),
    },
    heap: { bytes: memory, bytesPerClaim: Math.round(memory / openClaims) },
    checkpoint: { bytes: metadata.length, ms: checkpointMs },
    finalize: { roots: outputs.length, ms: Math.round(finalizeMs), cpuMs: Math.round(finalizeCpuMs) },
  };
}

/** Encoded records: claims at confirmed, and every so often the watermark that proves them. */
function encodeStretch(offset: number, claimers: readonly string[]): { name: Input['name']; bytes: Buffer }[] {
  return Array.from({ length: STRETCH }, (_, i) => {
    const at = offset + i;
    const slot = Math.floor(at * 0.4);
    return at % WATERMARK_EVERY === WATERMARK_EVERY - 1
      ? {
          name: 'SlotWatermark' as const,
          bytes: recordType('SlotWatermark').toBuffer(watermark(at === WATERMARK_EVERY - 1 ? 0 : slot - 400, slot)),
        }
      : { name: 'StreamEvent' as const, bytes: recordType('StreamEvent').toBuffer(claim(at, slot, claimers)) };
  });
}

function decode({ name, bytes }: { name: Input['name']; bytes: Buffer }): Input {
  return { name, value: recordType(name).fromBuffer(bytes) as never };
}

function finalize(state: PartitionState): readonly Output[] {
  return state.apply(OPEN_CLAIMS, { name: 'SlotWatermark', value: watermark(399_000, 434_000) });
}

/** What this thread has computed, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bytesOf, writeLogArchive } from '../audit/testing/log-archive.ts';
import type { Input } from '../processors/epoch-roots/core/partition-state.ts';
import { coreRoots } from '../verifier/testing/core-roots.ts';
import { buildVerifier, rootsOfArchive, whyNotBuilt } from '../verifier/testing/go-verifier.ts';
import { claim, makeClaimers, RULES, watermark } from './processor/records.ts';

const CLAIMS = 1_000_000;
const WATERMARK_EVERY = 500;
const TARGETS = { seconds: 10 };

/** The second implementation on an archive of a million claims of 200 channels; its roots are held against those of the core. */
export async function run(): Promise<object> {
  const reason = whyNotBuilt();
  if (reason !== undefined) throw new Error(`The verifier cannot be built: ${reason}`);
  const directory = join(import.meta.dirname, '..', '.data', `bench-verifier-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  try {
    const program = await buildVerifier(directory);
    const log = [...liveLog()];
    const archive = join(directory, 'archive');
    await writeLogArchive(archive, RULES, [log]);
    const times = await timed(program, archive);
    const roots = await rootsOfArchive(program, archive);
    if (JSON.stringify(roots) !== JSON.stringify(coreRoots(RULES, 0, log)))
      throw new Error('the verifier and the core come to different roots');
    return { ...times, roots: roots.length, claims: CLAIMS, targets: TARGETS };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The whole program, from its start to its end. */
async function timed(program: string, archive: string): Promise<{ seconds: number; cpuSeconds: number }> {
  const script = `TIMEFORMAT='%R %U %S'; time "$0" "$1" > /dev/null`;
  const { stderr } = await promisify(execFile)('bash', ['-c', script, program, archive]);
  const [seconds = Number.NaN, user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return { seconds, cpuSeconds: Math.round((user + system) * 100) / 100 };
}

function* liveLog(): Generator<Buffer> {
  const claimers = makeClaimers();
  for (let at = 0; at < CLAIMS; at += 1) {
    const slot = Math.floor(at * 0.4);
    yield encoded({ name: 'StreamEvent', value: claim(at, slot, claimers) });
    if (at % WATERMARK_EVERY !== WATERMARK_EVERY - 1) continue;
    yield encoded({ name: 'SlotWatermark', value: watermark(at < WATERMARK_EVERY ? 0 : slot - 400, slot) });
  }
  yield encoded({ name: 'SlotWatermark', value: watermark(399_000, 434_000) });
}

function encoded(input: Input): Buffer {
  const bytes = bytesOf(input);
  if (bytes === undefined) throw new Error(`a ${input.name} of this benchmark cannot be written`);
  return bytes;
}

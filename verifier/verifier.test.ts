/** A stranger's implementation, written from docs/spec.md, makes the same roots of an archive as the processor's core. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Manifest } from '../audit/core/manifest.ts';
import { bytesOf, writeLogArchive } from '../audit/testing/log-archive.ts';
import type { Rules } from '../processors/epoch-roots/core/rules.ts';
import { anyLog } from '../processors/epoch-roots/testing/logs.ts';
import { RULES } from '../processors/epoch-roots/testing/records.ts';
import { AGREEMENT_RULES } from '../simulation/agreement/agreement.ts';
import { wildLog } from '../simulation/agreement/wild-logs.ts';
import { coreRoots } from './testing/core-roots.ts';
import { buildVerifier, rootsOfArchive, whyNotBuilt } from './testing/go-verifier.ts';
import { recordedLog } from './testing/recorded-log.ts';

/** Raise it to try more: AO_TEST_VERIFIER_LOGS=10000 npm test -- verifier. */
const LOGS = Number(process.env.AO_TEST_VERIFIER_LOGS ?? 400);
const SEED = Number(process.env.AO_TEST_VERIFIER_SEED ?? 11);

const reason = whyNotBuilt();
if (reason !== undefined) process.stderr.write(`verifier: not compared, ${reason}\n`);
const whereBuilt = reason === undefined ? describe : describe.skip;

it('is short enough to be read by a stranger: at most 400 lines of Go', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.go'));
  const lines = files.flatMap((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(400);
});

whereBuilt('the verifier', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ao-verifier-'));
  let program: string;
  let archives = 0;
  beforeAll(async () => {
    program = await buildVerifier(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function compare(rules: Rules, logs: readonly (readonly Buffer[])[]): Promise<number> {
    archives += 1;
    const archive = join(directory, `archive-${archives}`);
    await writeLogArchive(archive, rules, logs);
    const expected = logs.flatMap((log, partition) => coreRoots(rules, partition, log));
    expect(await rootsOfArchive(program, archive)).toEqual(expected);
    return expected.length;
  }
  const onWire = (log: readonly Parameters<typeof bytesOf>[0][]): Buffer[] =>
    log.flatMap((input) => bytesOf(input) ?? []);

  it.each(['claim-v0', 'claim-v1', 'participation'] as const)(
    'gives the roots of the recorded transactions by recipe %s, over either odd-node rule',
    async (recipe) => {
      for (const oddNode of ['duplicate', 'promote'] as const) {
        expect(await compare({ ...RULES, recipe, oddNode }, [onWire(recordedLog())])).toBeGreaterThan(10);
      }
    },
  );

  it('gives the roots of any log, contradictory and broken ones included, field by field', async () => {
    const logs = fc.sample(wildLog, { numRuns: LOGS, seed: SEED }).map(({ recordsFrom }) => onWire(recordsFrom(0)));
    expect(await compare(AGREEMENT_RULES, logs)).toBeGreaterThan(LOGS);
  });

  it('gives no roots of a container file that is cut, even where the manifest has the digest of what is left', async () => {
    const archive = join(directory, 'cut');
    await writeLogArchive(archive, RULES, [onWire(recordedLog())]);
    const manifest = JSON.parse(readFileSync(join(archive, 'manifest.json'), 'utf8')) as Manifest;
    const partition = manifest.topics[0]?.partitions[0];
    if (partition === undefined) throw new Error('the archive has no partition');
    const whole = readFileSync(join(archive, partition.file));
    for (const length of [whole.length - 1, whole.length - 16, 1000, 20, 0]) {
      const cut = whole.subarray(0, length);
      Object.assign(partition, { sha256: createHash('sha256').update(cut).digest('hex') });
      writeFileSync(join(archive, partition.file), cut);
      writeFileSync(join(archive, 'manifest.json'), JSON.stringify(manifest));
      await expect(rootsOfArchive(program, archive)).rejects.toMatchObject({ code: 1 });
    }
  });

  it('numbers epochs by the base of their slot, where a later one has come', async () => {
    const logs = fc
      .sample(anyLog, { numRuns: LOGS / 10, seed: SEED })
      .map((log) => onWire(log.map(({ input }) => input)));
    const later = [
      { fromIndex: 1, base: 500n },
      { fromIndex: 3, base: 9000n },
    ];
    expect(await compare({ ...RULES, schedule: { ...RULES.schedule, later } }, logs)).toBeGreaterThan(0);
  });

  it('gives the roots of logs with gaps, late proofs and slow clocks', async () => {
    const logs = fc.sample(anyLog, { numRuns: LOGS, seed: SEED }).map((log) => onWire(log.map(({ input }) => input)));
    expect(await compare({ ...RULES, finalizeThresholdSecs: 3 }, logs)).toBeGreaterThan(LOGS / 10);
  });
});

/** The steps of the rehearsal in their order. Each throws where something is other than it must be. */

import { until } from '../testing/until.ts';
import type { Rehearsal } from './rehearsal.ts';

const EPOCHS = 2;

/** Parity to 100 %, backups, phase 1. */
export async function parallelRun(rehearsal: Rehearsal): Promise<void> {
  const { site } = rehearsal;
  await rehearsal.untilSealed(EPOCHS + 1);
  await rehearsal.startClient();
  rehearsal.say('a client asks the public port every 25 ms from here on');
  await backUp(rehearsal);
  await rehearsal.go('start', '1');
  await comparedEqual(rehearsal);
  const unsigned = await site.begin(...rehearsal.cutover('start', '2')).done;
  expectRefusal(unsigned.stderr, /sign-off failed/);
  rehearsal.say('phase 2 is refused while nobody has signed for it');
}

/** A backup of all, tried out. */
export async function backUp(rehearsal: Rehearsal): Promise<void> {
  const { site, setting } = rehearsal;
  await site.ao(['backup', 'wal', '--once', '--dir', setting.backups]);
  await site.ao([
    'backup',
    'run',
    '--dir',
    setting.backups,
    '--topics-key',
    setting.topicsKey,
    '--ndjson',
    setting.env['NDJSON_LOG_DIR'] ?? '',
  ]);
  const { stdout } = await site.ao(['backup', 'verify', 'newest', '--dir', setting.backups]);
  rehearsal.say(`  ${stdout.trim()}`);
}

/** Every root that both sides have is the same. @returns how many. */
export async function comparedEqual(rehearsal: Rehearsal): Promise<number> {
  const since = String((await rehearsal.sealedEpochs()).at(-1) ?? 0);
  const legacy = ['--legacy', rehearsal.setting.legacyUrl, '--since', since];
  const { stdout } = await rehearsal.site.begin('parity', ...legacy, '--json').done;
  const { rows } = JSON.parse(stdout) as {
    rows: { verdict: string; legacy: object | null; ours: object | null; reasons: string[] }[];
  };
  const both = rows.filter(({ legacy: theirs, ours }) => theirs !== null && ours !== null);
  const other = both.filter(({ verdict }) => verdict !== 'equal');
  if (both.length === 0 || other.length > 0)
    throw new Error(
      `parity: ${other.length} of ${both.length} roots are not equal: ${JSON.stringify(other.slice(0, 3))}`,
    );
  rehearsal.say(`parity: all ${both.length} roots that both sides have are equal, byte for byte`);
  return both.length;
}

/** Over to phase 2, the command and two roles killed in the middle. */
export async function goOverWithFault(rehearsal: Rehearsal): Promise<void> {
  const { site } = rehearsal;
  await site.ao(['cutover', 'sign', '2', '--by', 'Ada L.', '--why', 'parity over all epochs']);
  const behindPort = rehearsal.holdBehindPort();
  const running = site.begin(...rehearsal.cutover('start', '2'));
  const early = await Promise.race([behindPort.reached, running.done]);
  if (early !== undefined) throw new Error(`ao cutover start 2 ended with status ${early.status}: ${early.stderr}`);
  running.kill();
  await Promise.all([site.kill('process'), site.kill('sink')]);
  await running.done;
  behindPort.open();
  const { step, toward } = await rehearsal.standing();
  rehearsal.say(
    `kill -9 of \`ao cutover start 2\`, the processor and the sink behind step ${step} (on the way to ${toward})`,
  );
  await Promise.all([site.role('process'), site.role('sink')]);
  rehearsal.say('processor and sink are started again; the same command goes on:');
  await rehearsal.go('start', '2');
  await oursPublishes(rehearsal);
}

/** Back to the legacy system, which works off what it has missed. */
export async function goBack(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.go('rollback');
  const { phase, gateway } = await rehearsal.standing();
  if (phase !== 0 || gateway !== 'legacy')
    throw new Error(`after the rollback it stands in phase ${phase}, ${gateway}`);
  await rehearsal.untilSealed(EPOCHS);
  await comparedEqual(rehearsal);
  rehearsal.say('the legacy system has sealed and published on');
}

export async function goOverAgain(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.go('start', '1');
  await rehearsal.site.ao(['cutover', 'sign', '2', '--by', 'Ada L.', '--why', 'mended']);
  await rehearsal.go('start', '2');
  await oursPublishes(rehearsal);
}

/** The legacy system is archived; nothing goes back from there. */
export async function finish(rehearsal: Rehearsal): Promise<void> {
  const { site } = rehearsal;
  await site.ao(['cutover', 'sign', '3', '--by', 'Grace H.', '--why', 'phase 2 has stood']);
  await rehearsal.go('start', '3');
  const back = await site.begin(...rehearsal.cutover('rollback')).done;
  expectRefusal(back.stderr, /archived/);
  if (site.isRunning('legacy-aggregator') || site.isRunning('legacy-gateway'))
    throw new Error('something of the legacy system still runs');
  rehearsal.say('phase 3 stands; a rollback is refused; nothing of the legacy system runs');
}

/** Ours settles roots that the legacy system never had. */
async function oursPublishes(rehearsal: Rehearsal): Promise<void> {
  const newest = (await rehearsal.sealedEpochs())[0] ?? 0;
  await until('our settlement has published a later epoch', async () => {
    const { rows } = await rehearsal.ours.query(
      "select from settlement_log where ledger_status = 'FINALIZED' and epoch > $1 limit 1",
      [newest],
    );
    return rows.length > 0;
  });
  rehearsal.say(
    'the platform serves, and its settlement has published a root of an epoch that the legacy system never sealed',
  );
}

function expectRefusal(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`it should have been refused with ${pattern}, and said: ${text}`);
}

/** Lets the traffic end, so that what is left can be counted. */
export async function untilStill(rehearsal: Rehearsal): Promise<void> {
  const { control } = rehearsal.setting.live.chain;
  await rehearsal.site.stop('traffic');
  // What was under way when it stopped lands within a few slots, or never.
  const lastSlot = control.slot('processed') + 20;
  await until('what the fans did is final', () => control.slot('finalized') > lastSlot);
}

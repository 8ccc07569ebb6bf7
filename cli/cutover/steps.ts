/** What each step does. Each can be done again where it was done, or was broken off: it looks before it acts. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppError, messageOf } from '../../runtime/errors.ts';
import { judgeGates, type StepName, type Toward } from '../../transition/core/cutover.ts';
import { archiveLegacy } from './archive.ts';
import { type CutoverParts, compareNow, type Ends, endsOfEvents, unpushedBefore, whoAnswers } from './facts.ts';
import type { PlanCommand } from './plan.ts';
import { takeSnapshot } from './snapshot.ts';
import { giveGateway, givePublishing } from './state.ts';

const COMMAND_MS = 300_000;
/** Clients are refused meanwhile: later than this the gateway goes back. */
const TAKE_OVER_MS = 10_000;
const PROBE_MS = 20;
const DRAIN_POLL_MS = 500;
/** Without an event less for so long, the queue does not drain. */
const DRAIN_IDLE_MS = 120_000;

/** @returns what was done, one sentence. @throws AppError CUTOVER_HELD with what to do. */
export async function doStep(name: StepName, parts: CutoverParts, toward: Toward): Promise<string> {
  const command = (of: PlanCommand): Promise<string> => shell(parts, of);
  switch (name) {
    case 'snapshot':
      return takeSnapshot(parts);
    case 'gateway-over':
      return gatewayOver(parts);
    case 'gateway-back':
      return gatewayBack(parts);
    case 'stop-legacy-listener':
      await command('stopLegacyListener');
      return 'the legacy listener writes no more; `ao webhook` still pushes';
    case 'drain':
      return drain(parts);
    case 'last-parity':
      return lastParity(parts);
    case 'stop-legacy-aggregator':
      await command('stopLegacyAggregator');
      return 'the legacy aggregator publishes no more; what `ao webhook` pushes waits for it on the topic';
    case 'publish':
      await givePublishing(parts.pool, 'new');
      await command('startPublishing');
      return 'this platform publishes';
    case 'stop-publishing':
      await givePublishing(parts.pool, 'legacy');
      await command('stopPublishing');
      return 'this platform publishes no more';
    case 'start-legacy-aggregator':
      await command('startLegacyAggregator');
      return 'the legacy aggregator runs';
    case 'start-legacy-listener':
      await command('startLegacyListener');
      return 'the legacy listener runs';
    case 'catch-up':
      return drain(parts);
    case 'archive':
      return archiveLegacy(parts);
    case 'decommission':
      await command('decommissionLegacy');
      return `decommissioned on the way to ${toward}`;
  }
}

export function held(reason: string, cause?: unknown): AppError {
  return new AppError('CUTOVER_HELD', reason, { cause });
}

async function shell({ plan }: CutoverParts, name: PlanCommand): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', plan.commands[name]], { timeout: COMMAND_MS });
    return stdout.trim();
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    const said = stderr?.trim().split('\n').slice(-3).join(' ') || messageOf(cause);
    throw held(`The command ${name} of the plan failed: ${said}. Mend it, and run the same again.`, cause);
  }
}

/** The longest run of probes without an answer is what clients were refused. */
async function untilServed(url: string, by: 'ours' | 'other', withinMs: number): Promise<number | undefined> {
  const beganMs = Date.now();
  let answeredMs = beganMs;
  let longestMs = 0;
  while (Date.now() - beganMs < withinMs) {
    const answer = await whoAnswers(url);
    if (answer !== 'nobody') {
      longestMs = Math.max(longestMs, Date.now() - answeredMs);
      answeredMs = Date.now();
      if (answer === by) return longestMs;
    }
    await delay(PROBE_MS);
  }
  return undefined;
}

async function gatewayOver(parts: CutoverParts): Promise<string> {
  const { pool, plan } = parts;
  if ((await whoAnswers(plan.publicUrl)) === 'ours') return 'the new gateway has the public port';
  if ((await whoAnswers(plan.gatewayUrl)) !== 'ours')
    throw held(`The new gateway does not answer at ${plan.gatewayUrl}: start it, and run the same again.`);
  await giveGateway(pool, 'new');
  const [refusedMs] = await Promise.all([
    untilServed(plan.publicUrl, 'ours', TAKE_OVER_MS),
    shell(parts, 'stopLegacyGateway').catch(() => ''),
  ]);
  if (refusedMs !== undefined) return `the new gateway has the public port; nothing answered there for ${refusedMs} ms`;
  await gatewayBack(parts);
  throw held(
    `The new gateway did not take ${plan.publicUrl} over within ${TAKE_OVER_MS / 1000} s, and the legacy one has it again: set GATEWAY_TAKEOVER_PORT for ao gateway, see that stopLegacyGateway ends it, and run the same again.`,
  );
}

async function gatewayBack(parts: CutoverParts): Promise<string> {
  const { pool, plan } = parts;
  await giveGateway(pool, 'legacy');
  const [refusedMs] = await Promise.all([
    untilServed(plan.publicUrl, 'other', 6 * TAKE_OVER_MS),
    startLegacyGateway(parts),
  ]);
  if (refusedMs === undefined)
    throw held(`The legacy gateway does not answer at ${plan.publicUrl}: start it by hand, and run the same again.`);
  return `the legacy gateway has the public port; nothing answered there for ${refusedMs} ms`;
}

/** Once the port is free: a gateway that finds it taken ends at once. */
async function startLegacyGateway(parts: CutoverParts): Promise<void> {
  const { publicUrl } = parts.plan;
  for (const endMs = Date.now() + TAKE_OVER_MS; await isListening(publicUrl); await delay(PROBE_MS)) {
    // It may never have gone.
    if ((await whoAnswers(publicUrl)) === 'other') return;
    if (Date.now() > endMs)
      throw held(
        `The new gateway did not give ${publicUrl} back within ${TAKE_OVER_MS / 1000} s: stop it, and run the same again.`,
      );
  }
  await shell(parts, 'startLegacyGateway');
}

/** Whether somebody takes connections there; one that is slow to answer does. */
async function isListening(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const socket = connect(Number(port || (protocol === 'https:' ? 443 : 80)), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What is on the topic now is pushed, whatever comes on meanwhile, and what the legacy system has taken is worked off. */
async function drain(parts: CutoverParts): Promise<string> {
  let ends: Ends | undefined;
  let best = Number.POSITIVE_INFINITY;
  for (let movedMs = Date.now(); ; await delay(DRAIN_POLL_MS)) {
    const text = await shell(parts, 'legacyQueueDepth');
    if (!/^\d+$/.test(text))
      throw held(`legacyQueueDepth prints "${text.slice(0, 100)}", which is no number of events.`);
    ends ??= await endsOfEvents();
    const unpushed = await unpushedBefore(ends);
    if (unpushed === undefined)
      throw held(
        'Nobody pushes to the legacy aggregator: start `ao webhook` with AGGREGATOR_URL, and run the same again.',
      );
    const waiting = Number(text) + unpushed;
    if (waiting === 0) return 'nothing of before waits for the legacy system, neither to be pushed nor in its queue';
    if (waiting < best) [best, movedMs] = [waiting, Date.now()];
    if (Date.now() - movedMs > DRAIN_IDLE_MS)
      throw held(`${text} events wait in the legacy queue and ${unpushed} to be pushed, and they do not become fewer.`);
  }
}

async function lastParity(parts: CutoverParts): Promise<string> {
  const unknown = { unknown: '' };
  const facts = {
    parity: { value: await compareNow(parts) },
    publishers: unknown,
    lag: unknown,
    health: unknown,
    backups: unknown,
    signedBy: unknown,
  };
  const gate = judgeGates('2', facts, parts.plan).find(({ name }) => name === 'parity');
  if (gate?.verdict === 'passed') return gate.found;
  throw held(`After the legacy queue was drained, ${gate?.found}. Go on when it is, or \`ao cutover rollback\`.`);
}

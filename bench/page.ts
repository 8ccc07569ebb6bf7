import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasChromium, launch, Tab } from '../explorer/testing/browser.ts';
import { type Seeded, seeded, WALLET } from '../explorer/testing/seeded.ts';
import { storeClaim, storeStep } from '../graphql/testing/live-items.ts';
import { startStack } from '../local/stack/stack.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { buildExplorerOnce } from '../tests/testing/explorer.ts';
import { testStackVariables } from '../tests/testing/stack.ts';

const UPDATES_A_SECOND = 60;
const SECONDS = 15;

/**
 * The explorer page in headless Chromium while so many claims and steps of settlement come a second, all parts on this machine: first paint and
 * compressed bytes of a browser that has nothing of it yet, how long frames took, what axe finds, and requests to anybody else.
 */
export async function run(): Promise<object> {
  if (!hasChromium) throw new Error('This needs Chromium: install it, or set CHROMIUM_PATH.');
  await buildExplorerOnce();
  const dataDir = join(import.meta.dirname, '..', '.data', `bench-page-${process.pid}`);
  const env = { AO_STACK: process.env.AO_STACK ?? 'embedded' };
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  mkdirSync(dataDir, { recursive: true });
  const stack = await startStack({ dataDir, fresh: true, durable: false, preferKnownPorts: false, env, log });
  try {
    process.env[testStackVariables.kafkaBrokers] = stack.kafkaBrokers.join(',');
    process.env[testStackVariables.registryUrl] = stack.registryUrl;
    process.env[testStackVariables.databaseUrl] = stack.databaseUrl;
    const parts = await seeded();
    const browser = await launch();
    try {
      const tab = await Tab.open(browser, parts.gateway.url);
      await tab.sees('kaicenat');
      const { bytes, paintMs } = await tab.firstLoad();
      await tab.page.evaluate(FRAMES);
      const sent = await feed(parts);
      const frames = await tab.page.evaluate<number[]>('window.frames_');
      const seen = await tab.page.locator('tbody').last().getByRole('row').count();
      frames.sort((a, b) => a - b);
      return {
        ...{
          firstPaintMs: paintMs,
          firstLoadBytes: bytes,
          updates: sent,
          seconds: SECONDS,
          frames: frames.length,
          rowsOfClaims: seen,
        },
        framesOver100Ms: frames.filter((ms) => ms > 100).length,
        p99FrameMs: frames[Math.floor(frames.length * 0.99)],
        longestFrameMs: frames.at(-1),
        findingsOfAxe: await tab.findings(),
        wentElsewhere: tab.outside.length,
      };
    } finally {
      await browser.close();
      await parts.stop();
    }
  } finally {
    await stack.stop();
    await removeStackData(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Keeps how long each frame took. */
const FRAMES = `
  window.frames_ = [];
  let last = performance.now();
  requestAnimationFrame(function frame(now) {
    window.frames_.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  });
`;

async function feed({ rig, root }: Seeded): Promise<number> {
  const startMs = Date.now();
  let sent = 0;
  for (; sent < UPDATES_A_SECOND * SECONDS; sent += 1) {
    const waitMs = startMs + (sent * 1000) / UPDATES_A_SECOND - Date.now();
    if (waitMs > 0) await delay(waitMs);
    if (sent % 2 === 0)
      await storeClaim(rig.pool, rig.topics.streamEvents, {
        ...{ channel: 'lacy', user: WALLET, eventId: `bench${sent}/0`, partition: 1 },
      });
    else
      await storeStep(rig.pool, rig.topics.settlements, {
        ...{ channel: root.channel, epoch: root.epoch, root: root.tree.rootHex() },
        status: sent % 4 === 1 ? 'PENDING' : 'CONFIRMED',
      });
  }
  return sent;
}

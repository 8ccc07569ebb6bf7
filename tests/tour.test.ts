/** Every block of docs/tour.md, in its order, on one platform that the first block starts. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { hasChromium, launch, Tab } from '../explorer/testing/browser.ts';
import { pickPort } from '../local/stack/ports.ts';
import { removeStackData } from '../local/stack/stack-data.ts';
import { StartProcess } from '../local/start/testing/start-process.ts';
import { buildExplorerOnce } from './testing/explorer.ts';
import { runShell, type Shell } from './testing/shell.ts';
import { testStack, uniqueName } from './testing/stack.ts';

const text = readFileSync(resolve(import.meta.dirname, '../docs/tour.md'), 'utf8');
const blocks = [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', code = '']) => ({
  ...{ language, code, title: code.trim().split('\n').at(-1) ?? '' },
}));

/** The tour in less time: short epochs, few fans, and a broker that soon gives up on a frozen member. */
const QUICK = {
  EPOCH_DURATION_SLOTS: '15',
  TRAFFIC_CHANNELS: 'lacy',
  TRAFFIC_FANS: '4',
  KAFKA_SESSION_TIMEOUT_MS: '6000',
};

const dir = mkdtempSync(join(tmpdir(), 'tour-'));
let start: StartProcess | undefined;
let printed = '';
let shell: Shell;
let broken: string | undefined;

afterAll(async () => {
  // As the tour ends: with Ctrl-C.
  start?.signal('SIGINT');
  await start?.ended;
  await removeStackData(join(dir, '.data'));
  rmSync(dir, { recursive: true, force: true });
});

/** `npm start` on the parts of the test run, with the state where the tour has it: in .data of the folder. */
async function startPlatform(): Promise<void> {
  await buildExplorerOnce();
  const { kafkaBrokers, registryUrl, databaseUrl } = testStack();
  const name = uniqueName('tour');
  const port = await pickPort({ name: 'the gateway' });
  const parts = ['--brokers', kafkaBrokers.join(','), '--registry', registryUrl, '--database-url', databaseUrl];
  const own = { KAFKA_NAMESPACE: `${name}.`, DATABASE_SCHEMA: name };
  start = new StartProcess([...parts, '--port', String(port), '--json'], { ...QUICK, ...own }, dir);
  await start.untilSays(/everything is ready/);
  shell = { dir, env: { KAFKA_SESSION_TIMEOUT_MS: QUICK.KAFKA_SESSION_TIMEOUT_MS } };
}

async function inBrowser(code: string): Promise<void> {
  const address = printed.match(/http:\/\/\S+\/#\/\S+/g)?.at(-1);
  if (address === undefined) throw new Error(`no address of a page was printed:\n${printed}`);
  if (!hasChromium) return;
  const { origin, hash } = new URL(address);
  const browser = await launch();
  try {
    let tab: Tab | undefined;
    for (const line of code.trim().split('\n')) {
      if (line === 'open the address that was printed') tab = await Tab.open(browser, origin, `/${hash}`);
      else if (line.startsWith('see ') && tab !== undefined) await tab.sees(line.slice('see '.length));
      else throw new Error(`a step that no reader of the tour would know: ${line}`);
    }
    expect(tab?.outside).toEqual([]);
  } finally {
    await browser.close();
  }
}

describe('the tour', () => {
  it('has blocks of commands and of steps in a browser alone, so that each is run here', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'browser']));
    expect(text.match(/^```/gm)).toHaveLength(2 * blocks.length);
    expect(blocks[0]?.code).toBe('npm start\n');
  });

  it.each(blocks)('$title', async ({ language, code }) => {
    if (broken !== undefined) throw new Error(`not run: ${broken} came to nothing`);
    broken = code;
    if (code === 'npm start\n') await startPlatform();
    else if (language === 'browser') await inBrowser(code);
    else {
      const { status, output } = await runShell(shell, code);
      if (status !== 0) throw new Error(`it ended with status ${status}:\n${output}\n${start?.text}`);
      printed += output;
    }
    broken = undefined;
  });

  it('has shown a proof that holds, two claims made once each, three roots once each, a replay and an equal root', () => {
    expect(printed).toContain('{"valid":true}');
    expect(printed.match(/^claimed \d+ with leaf/gm)).toHaveLength(2);
    expect(printed).toMatch(/no: ALREADY_CLAIMED/);
    const roots = printed.match(/^visitors, epoch \d+: root/gm) ?? [];
    expect([roots.length, new Set(roots).size]).toEqual([3, 3]);
    expect(printed).toMatch(/reads \S*ao\.stream-events\.v1 again from there/);
    expect(printed).toContain('Verdict: equal.');
    for (const role of ['gateway', 'sink', 'listen', 'process', 'settle'])
      expect(start?.text).toContain(`${role} ended with signal SIGKILL`);
  });
});

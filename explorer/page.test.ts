/** The explorer page of a real gateway in headless Chromium. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { buildExplorerOnce } from '../tests/testing/explorer.ts';
import { until } from '../tests/testing/until.ts';
import { hasChromium, launch, SIZES, type Size, Tab, type Theme } from './testing/browser.ts';
import { type Seeded, seeded, storeRoot, WALLET } from './testing/seeded.ts';

const FIRST_LOAD_BYTES = 250_000;

/** What each view shows once it is whole. */
const VIEWS: readonly (readonly [hash: string, seen: string | RegExp])[] = [
  ['#/', 'kaicenat'],
  ['#/roots', 'kaicenat'],
  ['#/roots/lacy/8', 'Prove it here'],
  ['#/channels/lacy', 'Claims as they come'],
  ['#/epochs', /80.0 % proven/],
  ['#/epochs/8', /unproven/],
  [`#/wallets/${WALLET}`, 'claimable?'],
  ['#/roots/lacy/8/1', 'It holds'],
  ['#/verify', 'Verify here'],
  ['#/pipeline', 'rpc.example'],
  ['#/nowhere', 'Nothing is here'],
];

const inBrowser = hasChromium ? describe : describe.skip;

inBrowser('the explorer page', () => {
  let browser: Browser;
  let parts: Seeded;
  const open = (path = '/', options = {}): Promise<Tab> => Tab.open(browser, parts.gateway.url, path, options);

  beforeAll(async () => {
    await buildExplorerOnce();
    parts = await seeded();
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
    await parts.stop();
  });

  it('is small, asks nobody else, and is kept by browsers as far as it may be', async () => {
    const tab = await open();
    await tab.sees('kaicenat');
    const { paths, bytes, paintMs } = await tab.firstLoad();
    process.stderr.write(`explorer page: first load ${bytes} bytes, first paint after ${paintMs?.toFixed(0)} ms\n`);
    expect(paths.length).toBeGreaterThan(4);
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
    expect([tab.outside, tab.errors]).toEqual([[], []]);

    const { url } = parts.gateway;
    const packed = { 'accept-encoding': 'br' };
    const page = await fetch(`${url}/`, { headers: packed });
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/,
    );
    expect(page.headers.get('cache-control')).toBe('public, no-cache');
    const script = paths.find((path) => path.startsWith('/assets/') && path.endsWith('.js')) ?? '';
    const asset = await fetch(url + script, { headers: packed });
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-encoding')).toBe('br');
    for (const [path, answer] of [
      ['/', page],
      [script, asset],
    ] as const) {
      const tag = answer.headers.get('etag') ?? '';
      // Node's fetch forbids caches to answer whoever names a tag.
      const again = await tab.context.request.get(url + path, { headers: { 'if-none-match': tag, ...packed } });
      expect([path, tag !== '', again.status()]).toEqual([path, true, 304]);
    }
    const missing = await fetch(`${url}/assets/nothing.js`);
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, null]);
    expect((await fetch(`${url}/assets/..%2f.built-for`)).status).not.toBe(200);
    await tab.close();
  });

  const combinations = Object.keys(SIZES).flatMap((size) =>
    ['light', 'dark'].map((theme) => [size, theme] as [Size, Theme]),
  );
  it.each(combinations)('has no finding of axe in any view: %s, %s', async (size, theme) => {
    const tab = await open('/', { size, theme });
    const findings: Record<string, string[]> = {};
    for (const [hash, seen] of VIEWS) {
      await tab.go(hash);
      await tab.sees(seen);
      findings[hash] = await tab.findings();
      const overflow = await tab.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([hash, overflow <= 0]).toEqual([hash, true]);
    }
    expect(findings).toEqual(Object.fromEntries(VIEWS.map(([hash]) => [hash, []])));
    expect([tab.outside, tab.errors]).toEqual([[], []]);
    await tab.close();
  });

  it('is walked by keys alone: to the content, to another view, which takes the focus, and to the other theme', async () => {
    const tab = await open();
    await tab.sees('kaicenat');
    const focused = (): Promise<string> =>
      tab.page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      );
    const tabTo = async (isThere: (name: string) => boolean): Promise<void> => {
      for (let keys = 0; !isThere(await focused()); keys += 1) {
        if (keys > 60) throw new Error('60 keys did not lead there');
        await tab.page.keyboard.press('Tab');
      }
    };
    await tab.page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await tab.page.keyboard.press('Enter');
    expect(await tab.page.evaluate(() => document.activeElement?.id)).toBe('main');
    await tab.page.reload();
    await tab.sees('kaicenat');
    await tabTo((name) => name === 'Epochs');
    await tab.page.keyboard.press('Enter');
    await until('the heading has the focus', async () => (await focused()) === 'Epochs and their coverage');
    await tab.page.reload();
    await tab.sees('Epochs and their coverage');
    await tabTo((name) => name.startsWith('Theme: system'));
    await tab.page.keyboard.press('Enter');
    await tab.page.keyboard.press('Enter');
    expect(await focused()).toMatch(/^Theme: dark/);
    const paper = (): Promise<string> => tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await tab.page.reload();
    await tab.sees('Epochs and their coverage');
    expect(await paper()).toBe(dark);
    await tab.close();
  });

  it('says in words what is not known: slots behind without a chain, a gap, slots that nobody has proven', async () => {
    const tab = await open();
    await tab.sees('slots behind unknown');
    await tab.sees('1 gap, 2 slots unproven');
    await tab.go('#/epochs/8');
    await tab.sees('80.0 % proven, 2 slots not yet, in 1 range');
    await tab.go('#/pipeline');
    await tab.sees('Open gaps');
    expect(await tab.page.getByRole('group', { name: 'Open gaps' }).textContent()).toMatch(/8485/);
    await tab.close();
  });

  it('verifies a proof in the browser, and says so where what is served does not hold', async () => {
    const tab = await open('/#/roots/lacy/8/1');
    await tab.sees('It holds');
    await tab.page.getByText('The proof bundle').click();
    const bundle = await tab.page.locator('pre').textContent();
    await tab.go('#/verify');
    await tab.page.getByLabel(/The bundle/).fill(bundle ?? '');
    await tab.page.getByRole('button', { name: 'Verify here' }).click();
    await tab.sees('these very bytes');
    await tab.page.getByLabel(/The bundle/).fill((bundle ?? '').replace(/"amount": "\d/, '"amount": "'));
    await tab.page.getByRole('button', { name: 'Verify here' }).click();
    await tab.sees('It does not hold');
    await tab.page.getByLabel(/The bundle/).fill('{}');
    await tab.page.getByRole('button', { name: 'Verify here' }).click();
    await tab.sees(/format must be/);
    await tab.page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      await route.fulfill({ response, body: text.replace(/("id":"twitch:lacy:)user1/, '$1user2') });
    });
    await tab.page.goto(`${parts.gateway.url}/#/roots/lacy/8/1`);
    await tab.page.reload();
    await tab.sees('It does not hold');
    await tab.page.unrouteAll({ behavior: 'ignoreErrors' });
    await tab.close();
  });

  it('says of a claim why it would be refused, or that nobody knows', async () => {
    const tab = await open(`/#/wallets/${WALLET}`);
    await tab.page.getByRole('button', { name: 'claimable?' }).click();
    await tab.sees('nobody knows');
    await tab.sees('Ask a gateway that has ANCHOR_PROVIDER_URL and MINT_PUBKEY.');
    await tab.close();
  });

  it('shows a root as it comes; says that nothing comes while the gateway is away, and misses none', async () => {
    const tab = await open('/#/roots');
    await tab.sees('live');
    await tab.sees('kaicenat');
    await storeRoot(parts, 'fresh', 9);
    await tab.sees('fresh');
    const { port } = new URL(parts.gateway.url);
    await parts.gateway.role.stop();
    await tab.sees('not live');
    await storeRoot(parts, 'meanwhile', 9);
    await parts.rig.start({ GATEWAY_PORT: port });
    await tab.sees('meanwhile');
    await tab.page.locator('.connection').getByText('live', { exact: true }).waitFor();
    expect(tab.outside).toEqual([]);
    await tab.close();
  });

  it('has a GraphQL IDE beside it that asks nobody else', async () => {
    const tab = await open('/graphiql');
    await tab.page.locator('.graphiql-query-editor').getByText('seenOnChain').first().waitFor();
    const run = tab.page.getByRole('button', { name: /Execute query/ });
    const results = tab.page.locator('.result-window');
    // A click before the editor has the query runs nothing.
    await until('the query is answered', async () => {
      if (await run.isVisible()) await run.click();
      return (await results.innerText()).includes('"channel"');
    });
    expect([tab.outside, tab.errors]).toEqual([[], []]);
    await tab.close();
    const silent = await parts.rig.start({ GATEWAY_INTROSPECTION: 'false' });
    const other = await Tab.open(browser, silent.url, '/graphiql');
    await other.sees(/This gateway does not tell its schema/);
    await other.close();
  });

  it('says that an answer is remembered while the database is away', async () => {
    const tab = await open('/#/roots/lacy/8');
    await tab.sees('Prove it here');
    // A gateway that has just started remembers only what it was asked while it had its database.
    await tab.sees('1 gap, 2 slots unproven');
    parts.rig.database.cut();
    try {
      await tab.sees('remembered');
      await tab.page.reload();
      await tab.sees('The gateway’s database does not answer. This was read');
    } finally {
      parts.rig.database.mend();
    }
    await until(
      'the gateway has its database again',
      async () => (await parts.gateway.get('/health')).body['database'] === true,
    );
    await tab.close();
  });
});

/** The page in headless Chromium, and what it does behind the scenes: requests, errors, findings of axe. */

import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../../sdk/packaging/testing/consumer-page.ts';

export const hasChromium = existsSync(chromiumPath);
if (!hasChromium) process.stderr.write(`page tests skipped: no Chromium at ${chromiumPath} (set CHROMIUM_PATH)\n`);

export const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1360, height: 900 },
} as const;

export type Size = keyof typeof SIZES;
export type Theme = 'light' | 'dark';

/** The browser itself calls nobody either. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: QUIET });
}

/** Run in the page. */
const FIRST_LOAD = `({
  entries: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map(
    ({ name, encodedBodySize }) => ({ path: new URL(name).pathname, bytes: encodedBodySize })),
  paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
})`;

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

export interface TabOptions {
  readonly size?: Size;
  readonly theme?: Theme;
}

/** A tab that remembers what went wrong in it. */
export class Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Of scripts, of the console, and of the policy. */
  readonly errors: string[] = [];
  /** Requests and sockets to anybody but the gateway. */
  readonly outside: string[] = [];

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context;
    this.page = page;
    const { host } = new URL(origin);
    const note = (url: string): void => {
      const { protocol, host: asked } = new URL(url);
      if (!['data:', 'blob:'].includes(protocol) && asked !== host) this.outside.push(url);
    };
    page.on('request', (request) => note(request.url()));
    page.on('websocket', (socket) => note(socket.url()));
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  static async open(browser: Browser, origin: string, path = '/', options: TabOptions = {}): Promise<Tab> {
    const { size = 'desktop', theme = 'light' } = options;
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: theme,
      reducedMotion: 'reduce',
      hasTouch: size === 'phone',
    });
    // Only a hang is caught by it: a busy machine makes tests slower, never red.
    context.setDefaultTimeout(300_000);
    const tab = new Tab(context, await context.newPage(), origin);
    await tab.page.goto(origin + path);
    return tab;
  }

  /** Goes to a view within the page. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate(`window.location.hash = ${JSON.stringify(hash)}`);
  }

  /** Waits until a text is seen. */
  async sees(text: string | RegExp): Promise<void> {
    await this.page.locator('body').getByText(text).first().waitFor();
  }

  /** What the first load of the page took, without the answers of the gateway's API. */
  async firstLoad(): Promise<{ paths: string[]; bytes: number; paintMs: number | undefined }> {
    const { entries, paintMs } = await this.page.evaluate<{
      entries: { path: string; bytes: number }[];
      paintMs: number | undefined;
    }>(FIRST_LOAD);
    const files = entries.filter(({ path }) => path !== '/graphql');
    return {
      paths: files.map(({ path }) => path),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      paintMs,
    };
  }

  /** Rules that are broken, each with the elements that break it. */
  async findings(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate<Finding[]>('axe.run().then(({ violations }) => violations)');
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

/** Where Debian installs Chromium, unless CHROMIUM_PATH names another. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

/** What a page ended in. */
export interface PageOutcome {
  result: unknown;
  /** Errors of the page and of its console. */
  errors: string[];
}

/** Serves a folder on 127.0.0.1, every answer with a content security policy. */
async function serve(folder: string, policy: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    readFile(join(folder, path)).then(
      (body) => {
        const type = types[path.slice(path.lastIndexOf('.'))] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Opens a page of a folder in headless Chromium and waits until it sets `window.result`. */
export async function openPage(folder: string, page: string, policy: string): Promise<PageOutcome> {
  const server = await serve(folder, policy);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  try {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on('pageerror', (error) => errors.push(error.message));
    tab.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) errors.push(message.text());
    });
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${page}`);
    await tab.waitForFunction('window.result !== undefined', undefined, { timeout: 20_000 }).catch((error: unknown) => {
      throw new Error(`the page gave no result: ${errors.join('; ')}`, { cause: error });
    });
    return { result: await tab.evaluate('window.result'), errors };
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

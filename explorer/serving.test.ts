/** What a gateway answers without a page. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fastify from 'fastify';
import { registerExplorer } from '../graphql/io/explorer.ts';

it('says how to build the page where it is not built, and keeps nothing of that', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ao-explorer-'));
  const app = fastify();
  try {
    await registerExplorer(app, join(folder, 'dist'));
    for (const path of ['/', '/graphiql']) {
      const answer = await app.inject(path);
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([404, undefined]);
      expect(answer.body).toContain('npm run explorer');
    }
    expect((await app.inject('/assets/page.js')).statusCode).toBe(404);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

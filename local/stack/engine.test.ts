import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { containerEngineAnswers } from './engine.ts';

let dir: string;
let server: Server | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'engine-'));
});

afterEach(async () => {
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

async function engineOn(path: string, status: number): Promise<void> {
  const fake = createServer((request, response) => {
    response.statusCode = request.url === '/_ping' ? status : 404;
    response.end();
  });
  server = fake;
  await new Promise<void>((resolve) => fake.listen(path, resolve));
}

describe('looking for a container engine', () => {
  it('finds one that answers on the socket of DOCKER_HOST', async () => {
    const path = join(dir, 'docker.sock');
    await engineOn(path, 200);
    expect(await containerEngineAnswers({ DOCKER_HOST: `unix://${path}` })).toBe(true);
  });

  it('takes an engine that answers with an error for none', async () => {
    const path = join(dir, 'docker.sock');
    await engineOn(path, 500);
    expect(await containerEngineAnswers({ DOCKER_HOST: `unix://${path}` })).toBe(false);
  });

  it('finds none where the socket does not exist', async () => {
    expect(await containerEngineAnswers({ DOCKER_HOST: `unix://${join(dir, 'none.sock')}` })).toBe(false);
  });

  it('finds none behind an address it cannot read', async () => {
    expect(await containerEngineAnswers({ DOCKER_HOST: 'nonsense' })).toBe(false);
  });
});

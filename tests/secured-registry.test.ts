/** A schema registry behind basic authentication: the platform works with it by the credentials of one variable, or of its file. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watermark } from '../processors/epoch-roots/testing/records.ts';
import { RecordCodec } from '../runtime/kafka/codec.ts';
import { registeredSchema } from '../runtime/kafka/schema-source.ts';
import { runAo } from './testing/role-process.ts';
import { testStack, uniqueName } from './testing/stack.ts';

const [USER, PASSWORD] = ['plat@form', 'correct:horse/€ %'];

let guard: Server;
let dir: string;
const asked: number[] = [];

/** As a proxy does it before a registry that knows no users. */
function guarded(): Server {
  const target = new URL(testStack().registryUrl);
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  return createServer((incoming, outgoing) => {
    const status = incoming.headers.authorization === undefined ? 401 : 403;
    if (incoming.headers.authorization !== expected) {
      asked.push(status);
      outgoing.writeHead(status, { 'www-authenticate': 'Basic realm="registry"' }).end('who are you');
      return;
    }
    const { method, url: path, headers } = incoming;
    const options = { host: target.hostname, port: target.port, method, path, headers };
    const onward = request(options, (answer) => {
      asked.push(answer.statusCode ?? 0);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
}

function urlWith(user: string, password: string): string {
  const url = new URL(testStack().registryUrl);
  url.port = String((guard.address() as AddressInfo).port);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.toString();
}

/** A command that must read schemas from the registry. */
const schemas = (variables: Record<string, string>): ReturnType<typeof runAo> =>
  runAo(['schemas'], { KAFKA_NAMESPACE: `${uniqueName('secured')}.`, ...variables }, join(dir, 'ao'));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ao-secured-'));
  guard = guarded();
  await new Promise<void>((resolve) => guard.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  guard?.close();
  guard?.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
});

describe('a registry that wants credentials', () => {
  it('is registered with and read by those of SCHEMA_REGISTRY_URL, whatever signs they hold', async () => {
    const settings = { SCHEMA_REGISTRY_URL: urlWith(USER, PASSWORD), KAFKA_NAMESPACE: `${uniqueName('secured')}.` };
    const codec = await RecordCodec.connect(settings);
    const value = codec.encode('SlotWatermark', watermark({ from: 1, to: 2 }));
    expect(await registeredSchema(settings.SCHEMA_REGISTRY_URL, value.readInt32BE(1))).toMatchObject({
      avro: { name: 'SlotWatermark' },
    });
    expect(asked.splice(0).filter((status) => status === 401 || status === 403)).toEqual([]);
  });

  it('takes them from a file', async () => {
    const file = join(dir, 'registry-url');
    writeFileSync(file, `${urlWith(USER, PASSWORD)}\n`, { mode: 0o600 });
    const { status, stdout, stderr } = await schemas({ SCHEMA_REGISTRY_URL_FILE: file });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('registered ');
  });

  it.each([
    ['without any', '', ''],
    ['with a wrong password', USER, 'wrong-horse'],
  ])(
    'refuses a command %s in a sentence that names the variable, and tells no password',
    async (_how, user, password) => {
      const { status, stdout, stderr } = await schemas({ SCHEMA_REGISTRY_URL: urlWith(user, password) });
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /refuses the credentials of SCHEMA_REGISTRY_URL: status 40[13].*SCHEMA_REGISTRY_URL_FILE/s,
      );
      expect(stdout + stderr).not.toContain('wrong-horse');
    },
  );

  it('lets a record that cannot be read for that wait, as one for which it does not answer', async () => {
    const url = urlWith(USER, 'wrong-horse');
    await expect(registeredSchema(url, 1)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true });
    await expect(registeredSchema(url, 1)).rejects.toThrow(/credentials of SCHEMA_REGISTRY_URL/);
  });
});

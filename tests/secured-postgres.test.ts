/** PostgreSQL by TLS: the platform checks the server's certificate where its URL says so. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { StartedPart } from '../local/stack/part.ts';
import { startPostgres } from '../local/stack/postgres.ts';
import { silentLogger } from '../runtime/logging.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import { makeCertificates, whyNoCertificates } from './testing/certificates.ts';
import { runAo } from './testing/role-process.ts';

const reason = whyNoCertificates();
if (reason !== undefined) process.stderr.write(`secured PostgreSQL: not tried, ${reason}\n`);
const withCertificates = reason === undefined ? describe : describe.skip;

let dir = '';
let server: StartedPart;

/** The server's address by TLS, its certificate checked against an authority. */
function secureUrl(caFile: string): string {
  const url = new URL(server.address);
  // As the certificate names it.
  url.hostname = 'localhost';
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', caFile);
  return url.toString();
}

/** Gives the server a certificate while it runs. The files are written by the server, so that they are its own. */
async function switchTlsOn(certFile: string, keyFile: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.address });
  await client.connect();
  for (const [name, path] of [
    ['server.crt', certFile],
    ['server.key', keyFile],
  ] as const) {
    const text = readFileSync(path).toString('base64');
    await client.query(`copy (select '${text}') to program 'umask 077; base64 -d > ${name}'`);
  }
  await client.query('alter system set ssl = on');
  await client.query('select pg_reload_conf()');
  await client.end();
}

beforeAll(async () => {
  if (reason !== undefined) return;
  dir = mkdtempSync(join(tmpdir(), 'ao-secured-'));
  server = await startPostgres({ dir: join(dir, 'postgres'), ports: {}, durable: false });
  const { certFile, keyFile } = makeCertificates(dir);
  await switchTlsOn(certFile, keyFile);
});

afterAll(async () => {
  await server?.stop();
  if (dir !== '') rmSync(dir, { recursive: true, force: true });
});

withCertificates('PostgreSQL by TLS', () => {
  const migrate = (url: string): ReturnType<typeof runAo> => runAo(['migrate'], { DATABASE_URL: url }, dir);

  it('is used where its certificate is by the authority that the URL names', async () => {
    const url = secureUrl(join(dir, 'ca.pem'));
    const { status, stderr } = await migrate(url);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const settings = { DATABASE_URL: url, DATABASE_SCHEMA: 'attention_oracle', DATABASE_POOL_SIZE: 1 };
    const pool = createPool(settings, 'secured', silentLogger());
    const { rows } = await pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    await pool.end();
    expect(rows).toEqual([{ ssl: true }]);
  });

  it('is refused where its certificate is by another authority, and no password is told', async () => {
    mkdirSync(join(dir, 'other'));
    const { caFile } = makeCertificates(join(dir, 'other'));
    const { status, stdout, stderr } = await migrate(secureUrl(caFile));
    expect(status).not.toBe(0);
    expect(stdout + stderr).toMatch(/certificate/);
    expect(stdout + stderr).not.toContain(new URL(server.address).password);
  });
});

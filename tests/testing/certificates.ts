/** A certificate authority and a server's certificate for 127.0.0.1, by openssl. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** Path of the authority's certificate, PEM. */
  readonly caFile: string;
  /** Path of the server's certificate, PEM. */
  readonly certFile: string;
  /** Path of its key, PEM (PKCS #8). */
  readonly keyFile: string;
  /** Key, certificate and authority in one file, as a Kafka broker takes them. */
  readonly keystoreFile: string;
}

/** undefined where they can be made. */
export function whyNoCertificates(): string | undefined {
  const { error } = spawnSync('openssl', ['version']);
  return error === undefined ? undefined : `openssl cannot be run: ${error.message}`;
}

/** @throws Error where openssl is not there. */
export function makeCertificates(dir: string): Certificates {
  const file = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = (name: string): string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file(name)];
  openssl('req', '-x509', ...key('ca.key'), '-out', file('ca.pem'), '-days', '2', '-subj', '/CN=test authority');
  openssl('req', ...key('server.key'), '-out', file('server.csr'), '-subj', '/CN=127.0.0.1');
  writeFileSync(file('server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const request = ['-req', '-in', file('server.csr'), '-extfile', file('server.ext'), '-days', '2'];
  openssl('x509', ...request, ...signer, '-out', file('server.pem'));
  const parts = ['server.key', 'server.pem', 'ca.pem'].map((name) => readFileSync(file(name), 'utf8'));
  writeFileSync(file('keystore.pem'), parts.join(''));
  return {
    caFile: file('ca.pem'),
    certFile: file('server.pem'),
    keyFile: file('server.key'),
    keystoreFile: file('keystore.pem'),
  };
}

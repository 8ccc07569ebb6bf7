/** Kafka that speaks TLS alone and wants a password (SASL SCRAM): the platform works with it by its variables. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka } from '../local/stack/kafka.ts';
import type { StartedPart } from '../local/stack/part.ts';
import { pickPort } from '../local/stack/ports.ts';
import { type Certificates, makeCertificates, whyNoCertificates } from './testing/certificates.ts';
import { runAo } from './testing/role-process.ts';

const PASSWORD = 'correct-horse';

const reason = whyNoCertificates();
if (reason !== undefined) process.stderr.write(`secured Kafka: not tried, ${reason}\n`);
const withCertificates = reason === undefined ? describe : describe.skip;

let dir = '';
let broker: StartedPart;
let certificates: Certificates;
let env: Record<string, string>;

beforeAll(async () => {
  if (reason !== undefined) return;
  dir = mkdtempSync(join(tmpdir(), 'ao-secured-'));
  certificates = makeCertificates(dir);
  const plainPort = await pickPort({ name: 'Kafka' });
  const securePort = await pickPort({ name: 'Kafka' });
  const controllerPort = await pickPort({ name: "Kafka's controller" });
  broker = await startKafka(
    { dir: join(dir, 'kafka'), ports: { given: plainPort } },
    {
      properties: {
        listeners: `PLAINTEXT://127.0.0.1:${plainPort},CONTROLLER://127.0.0.1:${controllerPort},SECURE://127.0.0.1:${securePort}`,
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${plainPort},SECURE://127.0.0.1:${securePort}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
        'listener.name.secure.scram-sha-512.sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': certificates.keystoreFile,
      },
      scramUsers: [`SCRAM-SHA-512=[name=platform,password=${PASSWORD}]`],
    },
  );
  writeFileSync(join(dir, 'password'), `${PASSWORD}\n`);
  env = {
    KAFKA_BROKERS: `127.0.0.1:${securePort}`,
    KAFKA_SSL: 'true',
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'platform',
    NODE_EXTRA_CA_CERTS: certificates.caFile,
  };
});

afterAll(async () => {
  await broker?.stop();
  if (dir !== '') rmSync(dir, { recursive: true, force: true });
});

const topics = (over: Record<string, string>): ReturnType<typeof runAo> =>
  runAo(['topics', '--json'], { ...env, ...over }, dir);

withCertificates('Kafka with TLS and SASL SCRAM', () => {
  it('gets its topics, the password from a file and the authority of its certificate from NODE_EXTRA_CA_CERTS', async () => {
    const { status, stdout, stderr } = await topics({ KAFKA_SASL_PASSWORD_FILE: join(dir, 'password') });
    expect(stderr).toBe('');
    expect(stdout).toContain('ao.stream-events.v1');
    expect(status).toBe(0);
  });

  it('refuses another password, which stands in no message', async () => {
    const { status, stdout, stderr } = await topics({ KAFKA_SASL_PASSWORD: 'wrong-horse' });
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/SASL|[Aa]uthentication/);
    expect(stdout + stderr).not.toContain('wrong-horse');
  });
});

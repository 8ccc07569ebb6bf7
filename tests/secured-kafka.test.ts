/** Kafka that speaks TLS alone and wants a password (SASL SCRAM) or a signed token (OAUTHBEARER): the platform works with it by its variables. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKafka } from '../local/stack/kafka.ts';
import type { StartedPart } from '../local/stack/part.ts';
import { pickPort } from '../local/stack/ports.ts';
import { type Certificates, makeCertificates, whyNoCertificates } from './testing/certificates.ts';
import { runAo } from './testing/role-process.ts';
import { TokenEndpoint } from './testing/token-endpoint.ts';

const PASSWORD = 'correct-horse';

const reason = whyNoCertificates();
if (reason !== undefined) process.stderr.write(`secured Kafka: not tried, ${reason}\n`);
const withCertificates = reason === undefined ? describe : describe.skip;

let dir = '';
let broker: StartedPart;
let tokens: TokenEndpoint;
let certificates: Certificates;
let env: Record<string, string>;

beforeAll(async () => {
  if (reason !== undefined) return;
  dir = mkdtempSync(join(tmpdir(), 'ao-secured-'));
  certificates = makeCertificates(dir);
  const plainPort = await pickPort({ name: 'Kafka' });
  const securePort = await pickPort({ name: 'Kafka' });
  const controllerPort = await pickPort({ name: "Kafka's controller" });
  tokens = await TokenEndpoint.start('platform', PASSWORD);
  const jwks = `${tokens.url}/jwks`;
  // The broker fetches keys from addresses alone that its machine is told.
  process.env['JAVA_TOOL_OPTIONS'] = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${jwks}`;
  broker = await startKafka(
    { dir: join(dir, 'kafka'), ports: { given: plainPort } },
    {
      properties: {
        listeners: `PLAINTEXT://127.0.0.1:${plainPort},CONTROLLER://127.0.0.1:${controllerPort},SECURE://127.0.0.1:${securePort}`,
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${plainPort},SECURE://127.0.0.1:${securePort}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512,OAUTHBEARER',
        'listener.name.secure.oauthbearer.sasl.jaas.config':
          'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
        'listener.name.secure.oauthbearer.sasl.server.callback.handler.class':
          'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
        'sasl.oauthbearer.jwks.endpoint.url': jwks,
        'sasl.oauthbearer.expected.audience': 'kafka',
        'sasl.oauthbearer.expected.issuer': tokens.url,
        'listener.name.secure.scram-sha-512.sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': certificates.keystoreFile,
      },
      scramUsers: [`SCRAM-SHA-512=[name=platform,password=${PASSWORD}]`],
    },
  );
  delete process.env['JAVA_TOOL_OPTIONS'];
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
  await tokens?.stop();
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

withCertificates('Kafka with TLS and SASL OAUTHBEARER', () => {
  const oauth = (over: Record<string, string>): ReturnType<typeof runAo> =>
    topics({ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_OAUTH_TOKEN_URL: `${tokens.url}/token`, ...over });

  it('gets its topics with a token that the client is given for its id and secret', async () => {
    const { status, stdout, stderr } = await oauth({ KAFKA_SASL_PASSWORD: PASSWORD, KAFKA_OAUTH_SCOPE: 'kafka' });
    expect(stderr).toBe('');
    expect(stdout).toContain('ao.stream-events.v1');
    expect(status).toBe(0);
    // One token for every connection.
    expect(tokens.given).toEqual(['kafka']);
  });

  it('says that the endpoint gives no token, without the secret', async () => {
    const { status, stdout, stderr } = await oauth({ KAFKA_SASL_PASSWORD: 'wrong-horse' });
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('gives no token: status 401');
    expect(stdout + stderr).not.toContain('wrong-horse');
  });

  it('wants to know the endpoint', async () => {
    const { status, stderr } = await topics({ KAFKA_SASL_MECHANISM: 'oauthbearer' });
    expect(status).toBe(2);
    expect(stderr).toContain('KAFKA_OAUTH_TOKEN_URL');
  });
});

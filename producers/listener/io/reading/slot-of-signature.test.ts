import { afterEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../../runtime/config.ts';
import { silentLogger } from '../../../../runtime/logging.ts';
import { listenerConfig } from '../../config.ts';
import { claimTransaction } from '../../testing/claim-transactions.ts';
import { type FixtureOptions, FixtureRpc } from '../../testing/fixture-rpc.ts';
import { slotOfSignature } from './slot-of-signature.ts';

let server: FixtureRpc;
afterEach(() => server.stop());

const final = claimTransaction({ slot: 7 });
const young = claimTransaction({ slot: 12 });

async function ask(signature: string, options: FixtureOptions = {}): Promise<number> {
  server = await FixtureRpc.start({ webSocket: false, ...options });
  server.add([final, young]);
  server.finalizedSlot = 10;
  const config = loadConfig(listenerConfig, {
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    ANCHOR_PROVIDER_URL: server.url,
  });
  const { signal } = new AbortController();
  return slotOfSignature({ config, signature, log: silentLogger(), signal });
}

describe('the slot of a signature', () => {
  it('is where its transaction is final', async () => {
    expect(await ask(final.signature)).toBe(7);
  });

  it('is found in the transaction when the server keeps no status of it', async () => {
    const noStatus: FixtureOptions = {
      interfere: ({ method }) => (method === 'getSignatureStatuses' ? { result: { value: [null] } } : undefined),
    };
    expect(await ask(final.signature, noStatus)).toBe(7);
  });

  it('is not given while it could still change', async () => {
    await expect(ask(young.signature)).rejects.toMatchObject({ code: 'SIGNATURE_NOT_FINAL' });
  });

  it('is refused with what to do when the server does not know the signature', async () => {
    await expect(ask(claimTransaction({ slot: 1 }).signature)).rejects.toMatchObject({
      code: 'SIGNATURE_UNKNOWN',
      message: expect.stringMatching(/point ANCHOR_PROVIDER_URL at a server with its history, or give --from-slot/),
    });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rootHex, SettlementRig } from './testing/settlement-rig.ts';
import { type SignerProcess, startSigner } from './testing/signer-process.ts';

describe('a worker whose key is with a remote signer', () => {
  let rig: SettlementRig;
  let signer: SignerProcess;

  beforeAll(async () => {
    rig = await SettlementRig.start();
    signer = await startSigner(rig.publisher);
  });
  afterEach(() => rig.calm());
  afterAll(async () => {
    await rig.stop();
    await signer.stop();
  });

  it('publishes nothing while the signer does not sign, says so, and goes on by itself', async () => {
    await rig.startWorker({
      SETTLEMENT_KEYPAIR: '',
      SETTLEMENT_SIGNER_URL: signer.url,
      SETTLEMENT_SIGNER_KEY: 'settlement',
      SETTLEMENT_SIGNER_TOKEN_FILE: signer.tokenFile,
    });
    await signer.behave('fails');
    await rig.emitRoots({ channel: 'lacy', epoch: 1n });
    const [held] = await rig.rowsUntil('lacy', 1n, 'HELD');
    expect(held?.reason).toMatch(/^SIGNER_UNAVAILABLE: /);
    expect(held?.reason).not.toContain('token-of-the-tests');

    await signer.behave('signs');
    const rows = await rig.rowsUntil('lacy', 1n, 'FINALIZED');
    expect(rows.map(({ status }) => status)).toEqual(['HELD', 'PENDING', 'CONFIRMED', 'FINALIZED']);
    expect(rig.rootOnChain('lacy', 1n)).toBe(rootHex('lacy', 1n));
  });
});

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from '@prometheus-io/client';
import { Keypair } from '@solana/web3.js';
import { Holds } from '../../../runtime/holds.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { KeyWatch } from './key-watch.ts';
import { loadKeypair } from './keypair-file.ts';
import { localKey } from './local-key.ts';

describe('the settlement key', () => {
  const holds = new Holds(silentLogger(), new Registry());
  let folder: string;
  let watch: KeyWatch;
  let keypair: Keypair;

  function write(next: Keypair, mode = 0o600): void {
    writeFileSync(join(folder, 'key'), JSON.stringify([...next.secretKey]));
    chmodSync(join(folder, 'key'), mode);
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ao-key-watch-'));
    keypair = Keypair.generate();
    write(keypair);
    const load = async () => localKey(loadKeypair(join(folder, 'key')));
    watch = await KeyWatch.start({ load, holds, log: silentLogger() });
  });
  afterEach(() => {
    watch.stop();
    rmSync(folder, { recursive: true });
  });

  it('becomes another one when its file does, without a restart', async () => {
    const next = Keypair.generate();
    write(next);
    await watch.look();
    expect(watch.current.address).toBe(next.publicKey.toBase58());
    expect(holds.all).toEqual([]);
  });

  it.each([
    ['is exposed', 'KEYPAIR_EXPOSED', () => write(Keypair.generate(), 0o644)],
    ['is gone', 'KEYPAIR_UNREADABLE', () => rmSync(join(folder, 'key'))],
    ['is no key', 'KEYPAIR_MALFORMED', () => writeFileSync(join(folder, 'key'), '[1,2,3]')],
  ])('stays the former one, and the role is not ready, while the new file %s', async (_name, code, harm) => {
    harm();
    await watch.look();
    expect(watch.current.address).toBe(keypair.publicKey.toBase58());
    expect(holds.all).toMatchObject([{ subject: 'settlement key', code }]);
    write(keypair);
    await watch.look();
    expect(holds.all).toEqual([]);
  });

  it('is in nothing that can be printed', () => {
    const secret = Buffer.from(keypair.secretKey.subarray(0, 32));
    const shown = `${JSON.stringify(watch.current)} ${Object.values(watch.current).map(String).join(' ')}`;
    for (const form of ['hex', 'base64'] as const) expect(shown).not.toContain(secret.toString(form));
    expect(shown).not.toContain([...secret].join(','));
  });
});

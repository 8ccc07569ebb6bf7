import { appendFileSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM_ID, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PublicKey } from '@solana/web3.js';
import type { ChainOptions } from '../options.ts';
import { startTestChain, type TestChain } from '../testing/test-chain.ts';

describe('the journal', () => {
  let dir: string;
  const open: TestChain[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'chain-'));
  });
  afterEach(async () => {
    for (const t of open.splice(0)) await t.close();
    rmSync(dir, { recursive: true });
  });

  const start = async (name: string, options: ChainOptions = {}) => {
    const t = await startTestChain({ dataDir: join(dir, name), ...options });
    open.push(t);
    return t;
  };
  const stop = async (t: TestChain) => {
    open.splice(open.indexOf(t), 1);
    await t.close();
  };
  /** The journal as a process that is killed now leaves it. */
  const kill = (name: string) => {
    const [from, to] = [join(dir, name, 'journal.ndjson'), join(dir, `${name}-killed`)];
    copyFileSync(from, `${to}.tmp`);
    return `${to}.tmp`;
  };
  const restart = async (journal: string, name: string, options: ChainOptions = {}) => {
    const target = join(dir, name);
    const t = await startTestChain({ dataDir: target });
    await t.close();
    copyFileSync(journal, join(target, 'journal.ndjson'));
    return start(name, options);
  };
  const publish = (t: TestChain, epoch: number) =>
    t.send(
      [
        setChannelMerkleRoot({
          payer: t.publisher.publicKey,
          mint: t.genesis.mint,
          channel: 'marlon',
          epoch,
          root: new Uint8Array(32).fill(epoch),
        }),
      ],
      [t.publisher],
      { skipPreflight: true },
    );
  /** What clients can see of a chain at processed. */
  const facts = async ({ chain, connection }: TestChain) => ({
    genesis: await connection.getGenesisHash(),
    slot: chain.control.slot('processed'),
    height: await connection.getBlockHeight('processed'),
    blockhash: (await connection.getLatestBlockhash('processed')).blockhash,
    rows: await connection.getSignaturesForAddress(new PublicKey(PROGRAM_ID), {}, 'confirmed'),
    accounts: [...chain.state.accounts.allAt(chain.control.slot('processed'))]
      .map(([address, account]) => [address, account.lamports, Buffer.from(account.data).toString('hex')])
      .sort(),
  });

  it('brings back slots, blockhashes, accounts and transactions, final ones and others', async () => {
    const first = await start('a');
    for (let epoch = 1; epoch <= 50; epoch++) {
      await publish(first, epoch);
      first.chain.control.advanceSlots(1);
    }
    await publish(first, 50);
    const journal = kill('a');
    first.chain.control.advanceSlots(1);
    const before = await facts(first);
    await stop(first);
    const second = await restart(journal, 'b');
    second.chain.control.advanceSlots(1);
    expect(await facts(second)).toEqual(before);
    expect(before.rows).toHaveLength(51);
    second.chain.control.advanceSlots(40);
    expect(second.chain.state.history.next).toBe(51);
  });

  it('survives a second crash right after the first', async () => {
    const first = await start('a');
    const signatures = [await publish(first, 1)];
    first.chain.control.advanceSlots(2);
    const second = await restart(kill('a'), 'b');
    signatures.push(await publish(second, 2));
    second.chain.control.advanceSlots(40);
    signatures.push(await publish(second, 3));
    const third = await restart(kill('b'), 'c');
    third.chain.control.advanceSlots(1);
    const rows = await third.connection.getSignaturesForAddress(new PublicKey(PROGRAM_ID), {}, 'confirmed');
    expect(rows.map((row) => row.signature)).toEqual(signatures.reverse());
  });

  it('drops a last line that the crash cut off, and refuses one that is damaged in the middle', async () => {
    const first = await start('a');
    const signature = await publish(first, 1);
    const journal = kill('a');
    const size = statSync(journal).size;
    appendFileSync(journal, '{"type":"transaction","slo');
    const second = await restart(journal, 'b');
    expect((await second.connection.getSignatureStatus(signature)).value).toMatchObject({ err: null });
    expect(statSync(join(dir, 'b', 'journal.ndjson')).size).toBe(size);
    await publish(second, 2);
    const damaged = kill('b');
    writeFileSync(damaged, '{"type":"genesis"\n{"type":"transaction"}\n');
    await expect(restart(damaged, 'c')).rejects.toMatchObject({ code: 'JOURNAL_INVALID' });
  });

  it('keeps no transaction of a fork that was given up', async () => {
    const first = await start('a');
    first.chain.control.advanceSlots(3);
    const kept = await publish(first, 1);
    first.chain.control.advanceSlots(3);
    const lost = await publish(first, 2);
    first.chain.state.faults = { ...first.chain.state.faults, relands: () => false };
    first.chain.control.rollback(2);
    expect((await first.connection.getSignatureStatus(lost)).value).toBeNull();
    const second = await restart(kill('a'), 'b');
    expect((await second.connection.getSignatureStatus(kept)).value).toMatchObject({ err: null });
    expect((await second.connection.getSignatureStatus(lost)).value).toBeNull();
  });

  it('is rewritten when it has grown, and says the same after that', async () => {
    const first = await start('a', { journalLimitBytes: 60_000 });
    const sizes: number[] = [];
    for (let epoch = 1; epoch <= 120; epoch++) {
      await publish(first, epoch);
      first.chain.control.advanceSlots(1);
      sizes.push(statSync(join(dir, 'a', 'journal.ndjson')).size);
    }
    expect(sizes.some((size, at) => size < (sizes[at - 1] ?? 0))).toBe(true);
    const before = await facts(first);
    const journal = kill('a');
    await stop(first);
    const second = await restart(journal, 'b');
    second.chain.control.advanceSlots(1);
    expect(await facts(second)).toEqual(before);
  });

  it('refuses options that do not fit the chain it holds', async () => {
    const first = await start('a');
    await stop(first);
    await expect(startTestChain({ dataDir: join(dir, 'a'), slotMs: 100 })).rejects.toMatchObject({
      code: 'CHAIN_OPTIONS_CONFLICT',
    });
  });
});

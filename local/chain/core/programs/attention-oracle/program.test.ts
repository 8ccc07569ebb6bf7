import { createHash } from 'node:crypto';
import {
  associatedTokenAddress,
  channelStateAddress,
  claimChannelOpen,
  claimChannelOpenWithReceipt,
  MerkleTree,
  PROGRAM_ID,
  type ProgramInstruction,
  setChannelMerkleRoot,
  setPolicyOpen,
} from '@attention-oracle/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Keypair, PublicKey, TransactionInstruction } from '@solana/web3.js';
import { keypair, startTestChain, type TestChain } from '../../../testing/test-chain.ts';

const fans = ['ann', 'ben', 'cid', 'dan', 'eve'].map(keypair);
const claims = fans.map((fan, index) => ({
  claimer: fan.publicKey.toBytes(),
  amount: BigInt(1_000 + index),
  id: `claim-${index}`,
}));
const tree = new MerkleTree(claims);

describe('the program on the chain', () => {
  let t: TestChain;
  beforeEach(async () => {
    t = await startTestChain({}, { funded: fans.map((fan) => fan.publicKey) });
  });
  afterEach(() => t.close());

  const publish = (epoch: number, payer: Keypair = t.publisher, channel = 'KaiCenat') =>
    run(
      payer,
      setChannelMerkleRoot({ payer: payer.publicKey, mint: t.genesis.mint, channel, epoch, root: tree.root() }),
    );
  const claimOf = (index: number, change: Partial<{ epoch: number; amount: bigint; index: number }> = {}) => ({
    claimer: (fans[index] as Keypair).publicKey,
    mint: t.genesis.mint,
    channel: 'kaicenat',
    epoch: 881,
    index,
    amount: BigInt(1_000 + index),
    id: `claim-${index}`,
    proof: tree.proof(index),
    ...change,
  });
  const claim = (index: number, change = {}) => run(fans[index] as Keypair, claimChannelOpen(claimOf(index, change)));
  /** The error of a transaction's instruction, its number when it is a custom one; null when it succeeded. */
  async function run(signer: Keypair, instruction: ProgramInstruction | TransactionInstruction): Promise<unknown> {
    t.chain.control.advanceSlots(1);
    const signature = await t.send([instruction], [signer], { skipPreflight: true });
    const { value } = await t.connection.getSignatureStatus(signature);
    const error = value?.err as { InstructionError: [number, { Custom: number } | string] } | null;
    if (error === null) return null;
    const inner = error.InstructionError[1];
    return typeof inner === 'string' ? inner : inner.Custom;
  }
  const tokensOf = async (index: number) => {
    const [account] = associatedTokenAddress(t.genesis.mint, (fans[index] as Keypair).publicKey);
    return (await t.connection.getTokenAccountBalance(new PublicKey(account.toBytes()))).value.amount;
  };
  /** An instruction of the admin on the protocol state: a discriminator by name, then the argument. */
  const administer = (admin: Keypair, name: string, argument: Uint8Array) =>
    run(
      admin,
      new TransactionInstruction({
        programId: new PublicKey(PROGRAM_ID),
        keys: [
          { pubkey: admin.publicKey, isSigner: true, isWritable: true },
          { pubkey: new PublicKey(t.genesis.protocolState), isSigner: false, isWritable: true },
        ],
        data: Buffer.concat([createHash('sha256').update(`global:${name}`).digest().subarray(0, 8), argument]),
      }),
    );

  it('pays every claim of a published tree once, into accounts that it creates', async () => {
    expect(await publish(881)).toBeNull();
    for (const index of fans.keys()) {
      expect(await claim(index)).toBeNull();
      expect(await tokensOf(index)).toBe(`${1_000 + index}`);
      expect(await claim(index)).toBe(6006);
    }
    const [address] = channelStateAddress(t.genesis.mint, 'KAICENAT');
    const data = t.chain.control.account(address.toString())?.data;
    expect([data?.length, data?.[122 + 170], data?.[124 + 170]]).toEqual([1_782, 5, 0b1_1111]);
  });

  it('refuses claims that the tree does not prove', async () => {
    await publish(881);
    expect(await claim(0, { amount: 1_001n })).toBe(6007);
    expect(await claim(0, { proof: tree.proof(1) })).toBe(6007);
    expect(await claim(0, { id: 'claim-9' })).toBe(6007);
    expect(await claim(0, { index: 1 })).toBe(6007);
    expect(await claim(0, { index: 1_024 })).toBe(6009);
    expect(await claim(0, { epoch: 880 })).toBe(6017);
    expect(await claim(0, { channel: 'lacy' })).toBe('ProgramFailedToComplete');
    expect(await claim(0)).toBeNull();
  });

  it('takes a new epoch for a ring slot only when it is higher, and then forgets the old one', async () => {
    expect(await publish(881)).toBeNull();
    expect(await publish(881)).toBe(6023);
    expect(await publish(871)).toBe(6023);
    expect(await publish(870)).toBeNull();
    expect(await publish(891)).toBeNull();
    expect(await claim(2)).toBe(6017);
    expect(await claim(2, { epoch: 891 })).toBeNull();
  });

  it('lets only admin and publisher publish, and nobody while it is paused', async () => {
    expect(await publish(1, fans[0])).toBe(6000);
    expect(await publish(1, t.admin)).toBeNull();
    expect(await administer(fans[0] as Keypair, 'set_paused_open', Uint8Array.of(1))).toBe(6000);
    expect(await administer(t.admin, 'set_paused_open', Uint8Array.of(1))).toBeNull();
    expect(await publish(2)).toBe(6005);
    expect(await claim(0, { epoch: 1 })).toBe(6005);
    expect(await administer(t.admin, 'set_paused_open', Uint8Array.of(0))).toBeNull();
    expect(await publish(2)).toBeNull();
  });

  it("changes publisher and admin on the admin's word", async () => {
    expect(await administer(t.admin, 'update_publisher_open', new Uint8Array(32))).toBe(6025);
    expect(await administer(t.admin, 'update_publisher_open', (fans[1] as Keypair).publicKey.toBytes())).toBeNull();
    expect(await publish(1)).toBe(6000);
    expect(await publish(1, fans[1])).toBeNull();
    expect(await administer(t.admin, 'update_admin_open', (fans[2] as Keypair).publicKey.toBytes())).toBeNull();
    expect(await administer(t.admin, 'set_paused_open', Uint8Array.of(1))).toBe(6000);
    const policy = { admin: (fans[2] as Keypair).publicKey, mint: t.genesis.mint, requireReceipt: true };
    expect(await run(fans[2] as Keypair, setPolicyOpen(policy))).toBeNull();
    expect(t.chain.control.account(t.genesis.protocolState)?.data[139]).toBe(1);
  });

  it('takes a claim with a receipt flag like one without', async () => {
    await publish(881);
    const withReceipt = claimChannelOpenWithReceipt({ ...claimOf(3), mintReceipt: false });
    expect(await run(fans[3] as Keypair, withReceipt)).toBeNull();
    expect(await tokensOf(3)).toBe('1003');
  });

  it('refuses unknown instructions, short data and wrong accounts with the numbers of the framework', async () => {
    expect(await administer(t.admin, 'set_price', new Uint8Array(8))).toBe(101);
    expect(await administer(t.admin, 'set_paused_open', new Uint8Array(0))).toBe(102);
    expect(await administer(t.admin, 'set_paused', Uint8Array.of(1))).toBe(2006);
    const root = setChannelMerkleRoot({
      payer: t.publisher.publicKey,
      mint: t.genesis.mint,
      channel: 'lacy',
      epoch: 1,
      root: tree.root(),
      accounts: { channel_state: channelStateAddress(t.genesis.mint, 'other')[0] },
    });
    expect(await run(t.publisher, root)).toBe(6015);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Keypair, PublicKey, Transaction, TransactionInstruction } from '@solana/web3.js';
import { bytesToHex, hexToBytes } from '../bytes.ts';
import { toTransactionInstruction, setChannelMerkleRoot as web3SetChannelMerkleRoot } from '../web3.ts';
import { Address } from './address.ts';
import { legacyProtocolStateAddress, protocolStateAddress } from './addresses.ts';
import {
  claimChannelOpen,
  claimChannelOpenWithReceipt,
  setChannelMerkleRoot,
  setPolicy,
  setPolicyOpen,
} from './instruction-builders.ts';
import { INSTRUCTIONS } from './instruction-table.ts';
import { PROGRAM_ID } from './program-id.ts';
import { type ProgramInstruction, programInstruction } from './program-instruction.ts';

interface InstructionVector {
  name: string;
  args: { channel: string; epoch: string; root: string; index: number; amount: string; id: string; proof: string[] };
  data: string;
  accounts: [address: string, signer: boolean, writable: boolean][];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/vectors/instructions.json', import.meta.url), 'utf8'),
) as InstructionVector[];
const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
const admin = 'DscHsPGoG9oaJQJAVQDq2Tb4XkDFVkDXtU2kk3mj7bHF';

const metas = ({ keys }: ProgramInstruction) =>
  keys.map(({ pubkey, isSigner, isWritable }) => [pubkey.toBase58(), isSigner, isWritable]);

/** The vectors' accounts are arbitrary, so each is given by its name. */
function accountsOf(vector: InstructionVector): Record<string, string> {
  const roles = INSTRUCTIONS.find(({ name }) => name === vector.name)?.accounts ?? [];
  return Object.fromEntries(roles.map(({ name }, i) => [name, vector.accounts[i]?.[0] ?? '']));
}

function build(vector: InstructionVector): ProgramInstruction {
  const { channel, epoch, root, index, amount, id, proof } = vector.args;
  const accounts = accountsOf(vector);
  const common = { mint, channel, epoch: BigInt(epoch), accounts };
  return vector.name === 'claim_channel_open'
    ? claimChannelOpen({ ...common, claimer: admin, index, amount: BigInt(amount), id, proof: proof.map(hexToBytes) })
    : setChannelMerkleRoot({ ...common, payer: admin, root: hexToBytes(root) });
}

describe('instruction builders', () => {
  it.each(vectors.map((vector, i) => [`${i} ${vector.name}`, vector] as const))(
    'build vector %s: data, order and flags of the accounts',
    (_, vector) => {
      const instruction = build(vector);
      expect(bytesToHex(instruction.data)).toBe(vector.data);
      expect(metas(instruction)).toEqual(vector.accounts);
      expect(instruction.programId.toBase58()).toBe(PROGRAM_ID);
    },
  );

  it('derive the accounts that the recorded claims and roots used', () => {
    const claim = claimChannelOpen({
      claimer: admin,
      mint,
      channel: 'Marlon',
      epoch: 881n,
      index: 0,
      amount: 1n,
      id: 'twitch:marlon:someone',
      proof: [],
    });
    expect(claim.keys[1]?.pubkey.toBase58()).toBe('BEcZXF6bR64tQiHjf8Tk7d91qH9AsHnyJgKWd5KFZLHU');
    expect(claim.keys[2]?.pubkey.toBase58()).toBe('2ZhGie8TvGkMEZLHaG1CRk4nuSowqb6nMhapXtdZQjSe');
  });

  it('set the policy of the mint, or of the first line of the program', () => {
    const open = setPolicyOpen({ admin, mint, requireReceipt: true });
    expect(metas(open)).toEqual([
      [admin, true, true],
      [protocolStateAddress(mint)[0].toBase58(), false, true],
    ]);
    expect(bytesToHex(open.data)).toBe('d3653266242a5f8001');
    const first = setPolicy({ admin, requireReceipt: false });
    expect(first.keys[1]?.pubkey.toBase58()).toBe(legacyProtocolStateAddress()[0].toBase58());
    expect(bytesToHex(first.data)).toBe('28850c9debca028400');
  });

  it('put the accounts of a receipt after those of the claim', () => {
    const receiptAccount = { pubkey: new Address(mint), isSigner: false, isWritable: true };
    const claim = { claimer: admin, mint, channel: 'lacy', epoch: 1n, index: 0, amount: 1n, id: 'a', proof: [] };
    const plain = claimChannelOpen(claim);
    const withReceipt = claimChannelOpenWithReceipt({ ...claim, mintReceipt: true, receiptAccounts: [receiptAccount] });
    expect(metas(withReceipt)).toEqual([...metas(plain), [mint, false, true]]);
    expect(withReceipt.data.at(-1)).toBe(1);
  });

  it('name an account that is missing', () => {
    expect(() => programInstruction('set_policy', { require_receipt: true }, { admin })).toThrow(
      /set_policy needs the account protocol_state/,
    );
  });

  it('become web3.js instructions that a transaction signs and serialises', () => {
    const payer = Keypair.generate();
    const input = { payer: payer.publicKey, mint, channel: 'lacy', epoch: 9n, root: new Uint8Array(32).fill(7) };
    const instruction = web3SetChannelMerkleRoot(input);
    expect(instruction).toBeInstanceOf(TransactionInstruction);
    expect(instruction).toEqual(toTransactionInstruction(setChannelMerkleRoot(input)));
    const transaction = new Transaction({ feePayer: payer.publicKey, blockhash: mint, lastValidBlockHeight: 1 });
    transaction.add(instruction).sign(payer);
    const read = Transaction.from(transaction.serialize()).instructions[0];
    expect(read?.programId.equals(new PublicKey(PROGRAM_ID))).toBe(true);
    expect(bytesToHex(read?.data ?? new Uint8Array())).toBe(bytesToHex(instruction.data));
  });
});

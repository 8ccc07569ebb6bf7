import { createPrivateKey, sign } from 'node:crypto';
import type { ProgramInstruction } from '@attention-oracle/sdk';
import {
  type Commitment,
  Connection,
  Keypair,
  PublicKey,
  type SendOptions,
  type Signer,
  Transaction,
  TransactionInstruction,
} from '@solana/web3.js';
import { type Genesis, type GenesisInput, seedGenesis } from '../core/genesis.ts';
import type { ChainOptions } from '../options.ts';
import { type Chain, startChain } from '../start-chain.ts';

/** A chain with slots opened by hand, its genesis, and a web3.js connection to it. */
export type TestChain = {
  chain: Chain;
  connection: Connection;
  genesis: Genesis;
  admin: Keypair;
  publisher: Keypair;
  /** Signs and sends; the first signer pays. */
  send(
    instructions: readonly (ProgramInstruction | TransactionInstruction)[],
    signers: readonly Signer[],
    options?: SendOptions,
    blockhashCommitment?: Commitment,
  ): Promise<string>;
  close(): Promise<void>;
};

type WebSocketClient = { setAutoReconnect(value: boolean): void; close(): void };

/** Starts a chain for one test file or test. Everything about it follows from the options. */
export async function startTestChain(
  options: ChainOptions = {},
  genesisInput: Partial<GenesisInput> = {},
): Promise<TestChain> {
  const [admin, publisher] = [keypair('admin'), keypair('publisher')];
  const genesis = seedGenesis({ admin: admin.publicKey, publisher: publisher.publicKey, ...genesisInput });
  const chain = await startChain({ slotMs: 'manual', seed: 'test', accounts: genesis.accounts, ...options });
  const connection = new Connection(chain.rpcUrl, {
    wsEndpoint: chain.wsUrl,
    commitment: 'processed',
    disableRetryOnRateLimit: true,
  });
  return {
    chain,
    connection,
    genesis,
    admin,
    publisher,
    async send(instructions, signers, sendOptions = {}, blockhashCommitment = 'processed') {
      const { blockhash } = await connection.getLatestBlockhash(blockhashCommitment);
      const transaction = new Transaction({ feePayer: signers[0]?.publicKey ?? null, recentBlockhash: blockhash });
      transaction.add(...instructions.map(toWeb3)).sign(...signers);
      return connection.sendRawTransaction(transaction.serialize(), {
        preflightCommitment: 'processed',
        ...sendOptions,
      });
    },
    async close() {
      // web3.js reconnects for ever to a server that went away, so its socket has to go first.
      const socket = (connection as unknown as { _rpcWebSocket: WebSocketClient })._rpcWebSocket;
      socket.setAutoReconnect(false);
      socket.close();
      await chain.stop();
    },
  };
}

/** A keypair that follows from a name. */
export function keypair(name: string): Keypair {
  return Keypair.fromSeed(Buffer.from(name.padEnd(32, '.')).subarray(0, 32));
}

/** The SDK's instruction as web3.js's. */
export function toWeb3(instruction: ProgramInstruction | TransactionInstruction): TransactionInstruction {
  if (instruction instanceof TransactionInstruction) return instruction;
  return new TransactionInstruction({
    programId: new PublicKey(instruction.programId.toBytes()),
    keys: instruction.keys.map(({ pubkey, isSigner, isWritable }) => ({
      pubkey: new PublicKey(pubkey.toBytes()),
      isSigner,
      isWritable,
    })),
    data: Buffer.from(instruction.data),
  });
}

/** A signed version 1 transaction with one signer, who pays; the other accounts are given by how they are passed. */
export function version1Transaction(input: {
  payer: Keypair;
  blockhash: string;
  instructions: readonly TransactionInstruction[];
  priorityFeeLamports: bigint;
  computeUnitLimit: number;
}): Uint8Array {
  const { payer, instructions } = input;
  const metas = instructions.flatMap(({ keys }) => keys).filter(({ pubkey }) => !pubkey.equals(payer.publicKey));
  const addresses = (keys: readonly PublicKey[]): PublicKey[] =>
    [...new Set(keys.map((key) => key.toBase58()))].map((text) => new PublicKey(text));
  const writable = addresses(metas.filter((key) => key.isWritable).map(({ pubkey }) => pubkey));
  const readonly = addresses([
    ...metas.filter((key) => !key.isWritable).map(({ pubkey }) => pubkey),
    ...instructions.map(({ programId }) => programId),
  ]);
  const keys = [payer.publicKey, ...writable, ...readonly];
  const indexOf = (address: PublicKey) => keys.findIndex((key) => key.equals(address));
  const head = Buffer.alloc(8);
  head.set([0x81, 1, 0, readonly.length]);
  head.writeUInt32LE(0b111, 4);
  const config = Buffer.alloc(12);
  config.writeBigUInt64LE(input.priorityFeeLamports, 0);
  config.writeUInt32LE(input.computeUnitLimit, 8);
  const headers = instructions.map(({ programId, keys: accounts, data }) => {
    const header = Buffer.of(indexOf(programId), accounts.length, 0, 0);
    header.writeUInt16LE(data.length, 2);
    return header;
  });
  const payloads = instructions.map(({ keys: accounts, data }) =>
    Buffer.concat([Buffer.from(accounts.map(({ pubkey }) => indexOf(pubkey))), data]),
  );
  const message = Buffer.concat([
    head,
    new PublicKey(input.blockhash).toBytes(),
    Buffer.of(instructions.length, keys.length),
    ...keys.map((key) => key.toBytes()),
    config,
    ...headers,
    ...payloads,
  ]);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), payer.secretKey.subarray(0, 32)]);
  return Buffer.concat([message, sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))]);
}

import { createPrivateKey, sign } from 'node:crypto';
import {
  Address,
  compileVersion1Message,
  type ProgramInstruction,
  serializeVersion1Transaction,
} from '@attention-oracle/sdk';
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

/** A version 1 transaction signed by its payer alone. */
export function version1Transaction(input: {
  payer: Keypair;
  blockhash: string;
  instructions: readonly TransactionInstruction[];
  priorityFeeLamports: bigint;
  computeUnitLimit: number;
  loadedAccountsDataSizeLimit?: number;
}): Uint8Array {
  const { payer, blockhash, instructions, ...config } = input;
  const message = compileVersion1Message({
    feePayer: payer.publicKey,
    blockhash,
    config,
    instructions: instructions.map(({ programId, keys, data }) => ({
      programId: new Address(programId),
      keys: keys.map((key) => ({ ...key, pubkey: new Address(key.pubkey) })),
      data,
    })),
  });
  return serializeVersion1Transaction(message, [signatureOf(message, payer)]).rawTransaction;
}

function signatureOf(message: Uint8Array, { secretKey }: Keypair): Uint8Array {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secretKey.subarray(0, 32)]);
  return sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

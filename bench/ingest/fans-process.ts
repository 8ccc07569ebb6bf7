/** Fans who claim at a steady rate, and somebody who fills the program's address with failures that cost nothing. */

import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  base58Decode,
  claimChannelOpen,
  type ProgramInstruction as Instruction,
  MerkleTree,
  setChannelMerkleRoot,
} from '@attention-oracle/sdk';
import { toTransactionInstruction } from '@attention-oracle/sdk/web3';
import { Keypair, Transaction } from '@solana/web3.js';
import { answerParent } from '../measure/child-process.ts';

/** The program has room for 1,024 claims of one root. */
const CLAIMS_A_CHANNEL = 1000;
const EPOCH = 1n;
const TICK_MS = 5;
/** A blockhash is good for half a minute. */
const BLOCKHASH_MS = 5000;
const NO_BLOCKHASH = '1'.repeat(32);
/** Three counts of signers, and how many addresses follow. */
const HEADER_BYTES = 4;
const ADDRESS_BYTES = 32;
const ONE_SIGNATURE = Buffer.of(1);
/** Before a PKCS #8 Ed25519 seed, RFC 8410. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const admin = signer();
const fan = signer();
const pauper = signer();
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let url: string;
let mint: string;
const prepared: Unsigned[] = [];
let nextChannel = 0;
let refused: string | undefined;

answerParent({
  addresses: async () => ({ admin: admin.address, fan: fan.address }),
  use: async (chain: { rpcUrl: string; mint: string }) => {
    url = chain.rpcUrl;
    mint = chain.mint;
  },
  /** Makes so many claims and publishes their roots. @returns how many transactions mention the program, publications included. */
  prepareClaims: async (claims: number) => {
    const publications: Unsigned[] = [];
    while (prepared.length < claims) {
      const { publication, claimed } = makeChannel(Math.min(CLAIMS_A_CHANNEL, claims - prepared.length));
      publications.push(unsigned(publication, admin));
      prepared.push(...claimed.map((each) => unsigned(each, fan)));
    }
    for (const publication of publications) await send(signed(publication, await latestBlockhash()));
    return publications.length + prepared.length;
  },
  prepareSpam: async (failures: number) => {
    while (prepared.length < failures) prepared.push(unsigned(spam(prepared.length), pauper));
  },
  /** Sends what was prepared, evenly. */
  send: async ({ perSecond, skipPreflight }: { perSecond: number; skipPreflight: boolean }) =>
    evenly(prepared.splice(0), perSecond, skipPreflight),
});

interface Signer {
  readonly address: string;
  readonly keypair: Keypair;
  readonly key: KeyObject;
}

function signer(): Signer {
  const keypair = Keypair.generate();
  const der = Buffer.concat([PKCS8_PREFIX, keypair.secretKey.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { address: keypair.publicKey.toBase58(), keypair, key };
}

/** Sends at the rate, waiting for no answer but the last ones. @throws Error when the chain refused one. */
async function evenly(messages: readonly Unsigned[], perSecond: number, skipPreflight: boolean) {
  let blockhash = await latestBlockhash();
  const renewing = setInterval(() => void latestBlockhash().then((newest) => (blockhash = newest)), BLOCKHASH_MS);
  const startMs = performance.now();
  const open = new Set<Promise<void>>();
  for (let sent = 0; sent < messages.length; ) {
    const due = Math.floor(((performance.now() - startMs) * perSecond) / 1000);
    for (const message of messages.slice(sent, due)) {
      const answer = send(signed(message, blockhash), skipPreflight).finally(() => open.delete(answer));
      open.add(answer);
    }
    sent = Math.min(due, messages.length);
    await delay(TICK_MS);
  }
  clearInterval(renewing);
  await Promise.all(open);
  if (refused !== undefined) throw new Error(`the chain refused a transaction: ${refused}`);
}

/** A claim whose payer has nothing: kept in its block as failed, for no fee. */
function spam(number: number): Instruction {
  const claim = { claimer: pauper.address, mint, channel: 'spam', epoch: EPOCH, index: 0, amount: 1n };
  return claimChannelOpen({ ...claim, id: `spam:${number}`, proof: [] });
}

/** The publication of a root with one leaf for each claim, and the claims. */
function makeChannel(claims: number): { publication: Instruction; claimed: Instruction[] } {
  nextChannel += 1;
  const channel = `bench-${nextChannel}`;
  const leaves = Array.from({ length: claims }, (_, index) => ({
    claimer: fan.address,
    amount: 1n,
    id: `twitch:${channel}:${index}`,
  }));
  const tree = new MerkleTree(leaves);
  const publication = setChannelMerkleRoot({ payer: admin.address, mint, channel, epoch: EPOCH, root: tree.root() });
  const claimed = leaves.map((leaf, index) =>
    claimChannelOpen({ ...leaf, mint, channel, epoch: EPOCH, index, proof: tree.proof(index) }),
  );
  return { publication, claimed };
}

/** A message with one signature to come, and where its blockhash goes. Made beforehand: it takes milliseconds, and a signature takes none. */
interface Unsigned {
  readonly message: Buffer;
  readonly blockhashAt: number;
  readonly by: Signer;
}

function unsigned(instruction: Instruction, by: Signer): Unsigned {
  const transaction = new Transaction({ feePayer: by.keypair.publicKey, recentBlockhash: NO_BLOCKHASH });
  transaction.add(toTransactionInstruction(instruction));
  const message = transaction.serializeMessage();
  const [, , , accounts = 0] = message;
  return { message, blockhashAt: HEADER_BYTES + ADDRESS_BYTES * accounts, by };
}

/** The transaction on the wire, base64. */
function signed({ message, blockhashAt, by }: Unsigned, recentBlockhash: string): string {
  message.set(base58Decode(recentBlockhash), blockhashAt);
  return Buffer.concat([ONE_SIGNATURE, sign(null, message, by.key), message]).toString('base64');
}

async function send(transaction: string, skipPreflight = false): Promise<void> {
  const options = { encoding: 'base64', preflightCommitment: 'processed', skipPreflight };
  const { error } = await call('sendTransaction', [transaction, options]);
  if (error !== undefined) refused ??= error.message;
}

async function latestBlockhash(): Promise<string> {
  const { result } = await call('getLatestBlockhash', [{ commitment: 'processed' }]);
  return (result as { value: { blockhash: string } }).value.blockhash;
}

function call(method: string, params: unknown[]): Promise<{ result?: unknown; error?: { message: string } }> {
  return new Promise((resolve, reject) => {
    const post = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()) as { result?: unknown; error?: { message: string } });
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    post.on('error', reject);
    post.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  });
}

/** The local chain with fans who claim at a steady rate: signed, verified and executed as any claim is. */

import { setTimeout as delay } from 'node:timers/promises';
import { claimChannelOpen, MerkleTree, PROGRAM_ID, setChannelMerkleRoot } from '@attention-oracle/sdk';
import { toTransactionInstruction } from '@attention-oracle/sdk/web3';
import { Keypair, Transaction, type TransactionInstruction } from '@solana/web3.js';
import { seedGenesis } from '../../local/chain/core/genesis.ts';
import { type Chain, startChain } from '../../local/chain/start-chain.ts';
import { answerParent } from '../measure/child-process.ts';

/** The program has room for 1,024 claims of one root. */
const CLAIMS_A_CHANNEL = 1000;
const EPOCH = 1n;
const TICK_MS = 5;
/** Free failures that are signed for one stretch of spam, and sent at an even rate. */
const SPAM_TICK_MS = 20;

const admin = Keypair.generate();
const fan = Keypair.generate();
const pauper = Keypair.generate();
let chain: Chain;
let mint: string;
let nextChannel = 0;
let spamSent = 0;

answerParent({
  /** @returns the addresses. */
  start: async ({ slotMs, alpenglow }: { slotMs: number; alpenglow: boolean }) => {
    const funded = [fan.publicKey.toBase58()];
    const genesis = seedGenesis({ admin: admin.publicKey.toBase58(), publisher: admin.publicKey.toBase58(), funded });
    mint = genesis.mint;
    chain = await startChain({
      accounts: genesis.accounts,
      slotMs,
      alpenglowGenesisSlot: alpenglow ? 0 : 'never',
      features: { unpaidFailures: true },
    });
    return { rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl };
  },
  /** Sends so many claims, evenly. @returns how many transactions mention the program, publications included. */
  send: async ({ claims, perSecond }: { claims: number; perSecond: number }) => {
    const publications: string[] = [];
    const instructions: TransactionInstruction[] = [];
    while (instructions.length < claims) {
      const { publication, claimed } = makeChannel(Math.min(CLAIMS_A_CHANNEL, claims - instructions.length));
      publications.push(publication);
      instructions.push(...claimed);
    }
    for (const publication of publications) send(publication);
    const startMs = performance.now();
    for (let sent = 0; sent < instructions.length; ) {
      const due = Math.floor(((performance.now() - startMs) * perSecond) / 1000);
      // Signed when it is due: a blockhash is good for half a minute.
      for (const instruction of instructions.slice(sent, due)) send(signed(instruction, fan));
      sent = Math.min(due, instructions.length);
      await delay(TICK_MS);
    }
    return { transactions: publications.length + instructions.length, ms: performance.now() - startMs };
  },
  /** Fills the program's address with free failures. @returns how many, and how many the chain kept. */
  spam: async ({ perMinute, seconds }: { perMinute: number; seconds: number }) => {
    const total = Math.round((perMinute * seconds) / 60);
    const startMs = performance.now();
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - startMs) * perMinute) / 60_000));
      for (; sent < due; sent += 1) send(spam((spamSent += 1)), true);
      await delay(SPAM_TICK_MS);
    }
    const { text } = chain.call('getSignaturesForAddress', [PROGRAM_ID, { limit: 1000 }]) as { text: string };
    const rows = JSON.parse(text) as { err: unknown }[];
    return { sent: total, failedAmongNewest: rows.filter(({ err }) => err !== null).length };
  },
  finalizedSlot: async () => chain.call('getSlot', [{ commitment: 'finalized' }]),
});

/** A claim whose payer has nothing: kept in its block as failed, for no fee. */
function spam(number: number): string {
  const claim = { claimer: pauper.publicKey.toBase58(), mint, channel: 'spam', epoch: EPOCH, index: 0, amount: 1n };
  return signed(toTransactionInstruction(claimChannelOpen({ ...claim, id: `spam:${number}`, proof: [] })), pauper);
}

/** The signed publication of a root with one leaf for each claim, and the claims. */
function makeChannel(claims: number): { publication: string; claimed: TransactionInstruction[] } {
  nextChannel += 1;
  const channel = `bench-${nextChannel}`;
  const claimer = fan.publicKey.toBase58();
  const leaves = Array.from({ length: claims }, (_, index) => ({
    claimer,
    amount: 1n,
    id: `twitch:${channel}:${index}`,
  }));
  const tree = new MerkleTree(leaves);
  const root = { payer: admin.publicKey, mint, channel, epoch: EPOCH, root: tree.root() };
  return {
    publication: signed(toTransactionInstruction(setChannelMerkleRoot(root)), admin),
    claimed: leaves.map(({ amount, id }, index) => {
      const claim = { claimer, mint, channel, epoch: EPOCH, index, amount, id, proof: tree.proof(index) };
      return toTransactionInstruction(claimChannelOpen(claim));
    }),
  };
}

function signed(instruction: TransactionInstruction, signer: Keypair): string {
  const { value } = chain.call('getLatestBlockhash', [{ commitment: 'processed' }]) as { value: { blockhash: string } };
  const transaction = new Transaction({ feePayer: signer.publicKey, recentBlockhash: value.blockhash });
  transaction.add(instruction).sign(signer);
  return transaction.serialize().toString('base64');
}

function send(transaction: string, skipPreflight = false): void {
  chain.call('sendTransaction', [transaction, { encoding: 'base64', preflightCommitment: 'processed', skipPreflight }]);
}

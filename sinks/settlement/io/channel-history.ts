/** The publications of a channel, from the transactions that touched its account. */

import { bytesToHex, decodeTransaction } from '@attention-oracle/sdk';
import type { ConfirmedSignatureInfo, PublicKey, VersionedTransactionResponse } from '@solana/web3.js';
import { AppError, codeOf } from '../../../runtime/errors.ts';
import type { ChannelHistory, Publication } from '../core/ports.ts';
import type { RpcEndpoints } from './rpc-endpoints.ts';

/** Most that getSignaturesForAddress gives at once. */
const PAGE = 1000;
const FETCHES_AT_ONCE = 8;

/** @throws AppError: trouble of the node, or an answer that leaves something out. */
export async function readChannelHistory(
  endpoints: RpcEndpoints,
  account: PublicKey,
  programId: string,
  sinceSlot: number,
): Promise<ChannelHistory> {
  const { rows, reachedBack } = await signaturesSince(endpoints, account, sinceSlot);
  const publications: Publication[] = [];
  const succeeded = rows.filter(({ err }) => err === null).reverse();
  for (let from = 0; from < succeeded.length; from += FETCHES_AT_ONCE) {
    const some = succeeded.slice(from, from + FETCHES_AT_ONCE);
    const found = await Promise.all(some.map((row) => publicationsOf(endpoints, account, programId, row)));
    publications.push(...found.flat());
  }
  const begins = publications.some(({ createsAccount }) => createsAccount);
  const complete = reachedBack ? 'since' : begins || (await holdsSlot(endpoints, sinceSlot)) ? 'whole' : 'no';
  return { publications, sinceSlot, complete };
}

/** Newest first, back to the first one at or before the slot, or to the oldest that the node has. */
async function signaturesSince(
  endpoints: RpcEndpoints,
  account: PublicKey,
  sinceSlot: number,
): Promise<{ rows: ConfirmedSignatureInfo[]; reachedBack: boolean }> {
  const rows: ConfirmedSignatureInfo[] = [];
  for (;;) {
    const before = rows.at(-1)?.signature;
    const page = await endpoints.ask('getSignaturesForAddress', (rpc) =>
      rpc.getSignaturesForAddress(account, { limit: PAGE, ...(before === undefined ? {} : { before }) }, 'finalized'),
    );
    const oldest = page.at(-1);
    if (oldest === undefined) return { rows, reachedBack: false };
    if (oldest.signature === before) {
      throw new AppError('WALK_STUCK', 'getSignaturesForAddress repeats a page.', { retryable: true });
    }
    rows.push(...page);
    if (oldest.slot <= sinceSlot) return { rows: rows.filter(({ slot }) => slot > sinceSlot), reachedBack: true };
  }
}

async function publicationsOf(
  endpoints: RpcEndpoints,
  account: PublicKey,
  programId: string,
  { signature }: ConfirmedSignatureInfo,
): Promise<Publication[]> {
  const found = await endpoints.ask('getTransaction', (rpc) =>
    rpc.getTransaction(signature, { commitment: 'finalized', maxSupportedTransactionVersion: 1 }),
  );
  if (found?.meta === null || found?.meta === undefined || !Array.isArray(found.meta.innerInstructions)) {
    const what = found === null ? 'the transaction' : 'a part';
    throw new AppError('RPC_INCOMPLETE', `getTransaction of ${signature} leaves out ${what}.`, { retryable: true });
  }
  const answer = jsonOf(found);
  const { slot, feePayer, signers, events } = decodeTransaction(answer, { programId });
  const address = account.toBase58();
  const keys = [...answer.transaction.message.accountKeys, ...(answer.meta.loadedAddresses?.writable ?? [])];
  const createsAccount = found.meta.preBalances[keys.indexOf(address)] === 0;
  return events.flatMap(({ args, accounts }) => {
    const { epoch, root } = args;
    if (typeof epoch !== 'bigint' || !(root instanceof Uint8Array) || !accounts.includes(address)) return [];
    const signer = accounts.find((one) => signers.includes(one)) ?? feePayer;
    return [{ epoch, root: bytesToHex(root), slot, signer, createsAccount }];
  });
}

/** The library's answer as the node gave it. */
function jsonOf({ slot, version, meta, transaction }: VersionedTransactionResponse) {
  const { message, signatures } = transaction;
  const loaded = meta?.loadedAddresses;
  return {
    slot,
    version,
    meta: {
      ...meta,
      loadedAddresses: loaded && {
        writable: loaded.writable.map((key) => key.toBase58()),
        readonly: loaded.readonly.map((key) => key.toBase58()),
      },
    },
    transaction: {
      signatures,
      message: {
        header: message.header,
        accountKeys: message.staticAccountKeys.map((key) => key.toBase58()),
        instructions: message.compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) => {
          return { programIdIndex, accounts: accountKeyIndexes, data };
        }),
      },
    },
  };
}

/** Whether the node still holds a slot's blocks. */
async function holdsSlot(endpoints: RpcEndpoints, slot: number): Promise<boolean> {
  try {
    return (await endpoints.ask('getFirstAvailableBlock', (rpc) => rpc.getFirstAvailableBlock())) <= slot;
  } catch (error) {
    if (codeOf(error) === 'RPC_METHOD_MISSING') return false;
    throw error;
  }
}

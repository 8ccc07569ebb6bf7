import { type AddressInput, bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { normalizeChannel } from '../merkle/channel.ts';
import { protocolStateAddress } from '../program/addresses.ts';
import { decodeTransaction } from '../transactions/decode-transaction.ts';
import type { DecodedTransaction } from '../transactions/transaction-types.ts';
import type { ProofBundle } from './proof-bundle.ts';
import type { BundleProblem } from './receipt.ts';

/** Calls a method of a node and gives its `result`; throws where there is none. */
export type RpcCall = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** Against what a bundle is checked. */
export interface OnlineCheck {
  /** URL of a node, or how one is asked. */
  readonly rpc: string | RpcCall;
  /** The mint that the root must be of. Without it a root of another mint's channel of that name is taken too. */
  readonly mint?: AddressInput;
  /** Default: the Attention Oracle program. */
  readonly programId?: string;
}

/**
 * proven: the proof leads to the root, and the chain shows every word of the receipt that it can show. refuted: something is not so.
 * unknown: nothing speaks against it, and something could not be looked up; ask again, or another node.
 */
export interface BundleVerdict {
  readonly verdict: 'proven' | 'refuted' | 'unknown';
  readonly problems: readonly BundleProblem[];
  /** What could not be looked up, a sentence each. */
  readonly unknown: readonly string[];
  /** What no chain can show. */
  readonly unchecked: readonly string[];
}

/** @param offline What is wrong already without asking anybody. */
export async function verifyOnline(
  bundle: ProofBundle,
  offline: readonly BundleProblem[],
  check: OnlineCheck,
): Promise<BundleVerdict> {
  const problems = [...offline];
  const unknown: string[] = [];
  const unchecked = uncheckedOf(bundle, check);
  const signature = bundle.settlementSignature;
  if (signature === null) unknown.push('the bundle names no transaction: its root was not on chain when it was made');
  else {
    const found = await fetchTransaction(signature, check);
    if (typeof found === 'string') unknown.push(found);
    else compare(bundle, found, check, problems, unknown);
  }
  const verdict = problems.length > 0 ? 'refuted' : unknown.length > 0 ? 'unknown' : 'proven';
  return { verdict, problems, unknown, unchecked };
}

function uncheckedOf({ receipt }: ProofBundle, { mint }: OnlineCheck): string[] {
  return [
    ...(mint === undefined ? ['of which mint the root is: none was given'] : []),
    ...(receipt === undefined
      ? ['slot, block time and fee: the bundle has no receipt']
      : ['who saw it at which offset, and the verdicts: only the event topic tells, or a gateway that read it']),
  ];
}

/** The transaction; or, as a sentence, why nobody knows. */
async function fetchTransaction(
  signature: string,
  { rpc, programId }: OnlineCheck,
): Promise<DecodedTransaction | string> {
  const call = typeof rpc === 'string' ? rpcOf(rpc) : rpc;
  const options = { encoding: 'base64', commitment: 'finalized', maxSupportedTransactionVersion: 1 };
  try {
    const answer = await call('getTransaction', [signature, options]);
    return decodeTransaction(answer, programId === undefined ? {} : { programId });
  } catch (error) {
    if (error instanceof AttentionOracleError && error.code === 'TRANSACTION_NOT_FOUND')
      return `the node has no finalised transaction ${signature}: it may have forgotten it, or there never was one`;
    return `the transaction could not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function rpcOf(url: string): RpcCall {
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message?: string } };
    if (answer.result === undefined) throw new Error(answer.error?.message ?? `the node answered ${response.status}`);
    return answer.result;
  };
}

function compare(
  bundle: ProofBundle,
  found: DecodedTransaction,
  check: OnlineCheck,
  problems: BundleProblem[],
  unknown: string[],
): void {
  const { receipt, settlementSignature } = bundle;
  const differs = (field: string, said: string | null, onChain: string): void => {
    if (said !== onChain) problems.push({ field, text: `is ${said}, and ${onChain} on chain` });
  };
  differs('settlementSignature', settlementSignature, found.signature);
  if (!found.succeeded) problems.push({ field: 'settlementSignature', text: 'names a transaction that failed' });
  comparePublication(bundle, found, check, problems);
  if (receipt === undefined) return;
  differs('receipt.slot', receipt.slot, String(found.slot));
  if (receipt.feeLamports !== null) differs('receipt.feeLamports', receipt.feeLamports, found.feeLamports.toString());
  if (receipt.blockTime === null) return;
  if (found.blockTime === null) unknown.push('the node does not know the block time');
  else differs('receipt.blockTime', receipt.blockTime, String(found.blockTime));
}

/** The transaction must put this very root on chain, for this channel and epoch, of this mint. */
function comparePublication(
  { channel, epoch, root }: ProofBundle,
  { events }: DecodedTransaction,
  { mint, programId }: OnlineCheck,
  problems: BundleProblem[],
): void {
  const name = normalizeChannel(channel);
  const say = (field: string, text: string): void => void problems.push({ field, text });
  const published = events.filter(({ action }) => action === 'finalize');
  if (published.length === 0) return say('settlementSignature', 'names a transaction that publishes no root');
  const ofChannel = published.filter((event) => event.channel === name);
  if (ofChannel.length === 0) return say('channel', `is ${channel}, of which the transaction publishes no root`);
  const ofEpoch = ofChannel.filter(({ args }) => args.epoch === BigInt(epoch));
  if (ofEpoch.length === 0)
    return say('epoch', `is ${epoch}, of which the transaction publishes no root of ${channel}`);
  const roots = ofEpoch.map(({ args }) => (args.root instanceof Uint8Array ? bytesToHex(args.root) : ''));
  if (!roots.includes(root)) return say('root', `is ${root}, and ${roots.join(', ')} on chain`);
  if (mint === undefined) return;
  const [state] = protocolStateAddress(mint, programId);
  if (!ofEpoch.some(({ protocolState }) => protocolState === state.toBase58()))
    say(
      'mint',
      `has the protocol state ${state.toBase58()}, and the root was published under ${ofEpoch[0]?.protocolState}`,
    );
}

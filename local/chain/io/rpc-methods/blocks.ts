import { jsonText, RawJson } from '../raw-json.ts';
import type { RpcContext, RpcMethods } from '../rpc-context.ts';
import { BLOCK_CLEANED_UP, BLOCK_NOT_AVAILABLE, invalidParams, RpcError, SLOT_SKIPPED } from '../rpc-error.ts';
import {
  addressOf,
  atLeastConfirmed,
  configAt,
  integerOf,
  optionalInteger,
  slotFor,
  withContext,
} from './parameters.ts';
import { encodingOf, maxVersionOf, transactionText } from './transaction-answers.ts';

const MAX_BLOCK_RANGE = 500_000;

/** Blocks, their times and their hashes. */
export const blockMethods: RpcMethods = {
  getBlockTime(context, params) {
    const slot = integerOf(params[0], 'slot');
    requireKnownSlot(context, slot);
    const time = context.view.blockTime(slot);
    if (time === null) throw skipped(slot);
    return time;
  },

  getBlocks(context, params) {
    const start = integerOf(params[0], 'start slot');
    const isConfig = typeof params[1] === 'object' && params[1] !== null;
    const config = configAt(params, isConfig ? 1 : 2);
    const top = context.view.slot(atLeastConfirmed(config));
    const end = Math.min(isConfig ? top : (optionalInteger(params[1], 'end slot') ?? top), top);
    if (end - start > MAX_BLOCK_RANGE) throw invalidParams(`Slot range too large; max ${MAX_BLOCK_RANGE}`);
    return blocksBetween(context, start, end, MAX_BLOCK_RANGE);
  },

  getBlocksWithLimit(context, params) {
    const start = integerOf(params[0], 'start slot');
    const limit = integerOf(params[1], 'limit');
    if (limit > MAX_BLOCK_RANGE) throw invalidParams(`Limit too large; max ${MAX_BLOCK_RANGE}`);
    return blocksBetween(context, start, context.view.slot(atLeastConfirmed(configAt(params, 2))), limit);
  },

  getBlock(context, params) {
    const slot = integerOf(params[0], 'slot');
    const config = configAt(params, 1);
    const commitment = atLeastConfirmed(config);
    if (slot > context.view.slot(commitment)) {
      throw new RpcError(BLOCK_NOT_AVAILABLE, `Block not available for slot ${slot}`);
    }
    requireKnownSlot(context, slot);
    const { blocks } = context.state;
    if (slot >= blocks.first && !blocks.isBlock(slot)) throw skipped(slot);
    return blockAnswer(context, slot, config);
  },

  getLatestBlockhash(context, params) {
    const { slot } = slotFor(context, configAt(params, 0));
    const blockhash = context.state.blocks.hash(slot);
    return withContext(slot, { blockhash, lastValidBlockHeight: context.state.blocks.lastValidHeight(blockhash) });
  },

  isBlockhashValid(context, params) {
    const hash = addressOf(params[0]);
    const { slot } = slotFor(context, configAt(params, 1));
    return withContext(slot, context.state.blocks.isUsable(hash, slot));
  },
};

function requireKnownSlot(context: RpcContext, slot: number): void {
  if (slot > context.view.slot('processed')) {
    throw new RpcError(BLOCK_NOT_AVAILABLE, `Block not available for slot ${slot}`);
  }
  const { history, blocks } = context.state;
  const first = history.next > history.floor ? Math.min(history.slot(history.floor), blocks.first) : blocks.first;
  if (slot < first) {
    throw new RpcError(
      BLOCK_CLEANED_UP,
      `Block ${slot} cleaned up, does not exist on node. First available block: ${first}`,
    );
  }
}

function skipped(slot: number): RpcError {
  return new RpcError(SLOT_SKIPPED, `Slot ${slot} was skipped, or missing due to ledger jump to recent snapshot`);
}

function blocksBetween(context: RpcContext, start: number, end: number, limit: number): number[] {
  const slots: number[] = [];
  for (let slot = start; slot <= end && slots.length < limit; slot++) {
    if (context.view.blockTime(slot) !== null) slots.push(slot);
  }
  return slots;
}

/** Below a chain's first block there are only skipped slots down to its genesis, in slot 0. */
function parentOf({ state: { blocks, history } }: RpcContext, slot: number): number {
  if (slot > blocks.first) return blocks.lastBlock(slot - 1);
  const first = history.next > history.floor ? Math.min(history.slot(history.floor), blocks.first) : blocks.first;
  return slot <= first && history.floor === 0 ? 0 : Math.max(slot - 1, 0);
}

function blockAnswer(context: RpcContext, slot: number, config: Readonly<Record<string, unknown>>): RawJson {
  const { blocks, history, open } = context.state;
  const parent = parentOf(context, slot);
  const header = {
    blockHeight: blocks.height(slot),
    blockTime: context.view.blockTime(slot),
    blockhash: blocks.anyHash(slot),
    parentSlot: parent,
    previousBlockhash: blocks.anyHash(parent),
    rewards: [],
  };
  const details = config['transactionDetails'] ?? 'full';
  const records = open.inSlot(slot).map((record) => ({ id: record.id, wire: record.wire, metaText: record.metaText }));
  for (
    let sequence = history.firstAtSlot(slot);
    sequence < history.next && history.slot(sequence) === slot;
    sequence++
  ) {
    const wire = history.wire(sequence);
    records.push({ id: history.row(sequence).id, wire, metaText: history.metaText(sequence) });
  }
  if (details === 'none') return new RawJson(jsonText(header));
  if (details === 'signatures') return new RawJson(jsonText({ ...header, signatures: records.map(({ id }) => id) }));
  if (details !== 'full') {
    throw invalidParams('Invalid params: transactionDetails must be full, signatures or none on this chain.');
  }
  const [encoding, maxVersion] = [encodingOf(config), maxVersionOf(config)];
  const texts = records.map(({ wire, metaText }) => `{${transactionText(wire, metaText, encoding, maxVersion)}}`);
  return new RawJson(`${jsonText(header).slice(0, -1)},"transactions":[${texts.join(',')}]}`);
}

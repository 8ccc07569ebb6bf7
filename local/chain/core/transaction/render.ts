import { encodeBase58 } from '../encoding/base58.ts';
import type { CompiledInstruction, TransactionMeta } from './meta.ts';
import { isStaticWritable, parseTransaction, type WireTransaction } from './wire.ts';

/** How a client wants transactions written. */
export type TransactionEncoding = 'json' | 'jsonParsed' | 'base64' | 'base58';

/** `transaction` of an answer. `metaText` is the JSON of its meta, needed where looked-up keys are shown. */
export function renderTransaction(wire: Uint8Array, encoding: TransactionEncoding, metaText: string): unknown {
  if (encoding === 'base64') return [Buffer.from(wire).toString('base64'), 'base64'];
  if (encoding === 'base58') return [encodeBase58(wire), 'base58'];
  const transaction = parseTransaction(wire);
  const signatures = transaction.signatures.map(encodeBase58);
  return encoding === 'json'
    ? { message: renderMessage(transaction), signatures }
    : { message: renderParsedMessage(transaction, JSON.parse(metaText) as TransactionMeta), signatures };
}

function renderMessage(transaction: WireTransaction) {
  return {
    accountKeys: transaction.staticKeys,
    ...lookupsOf(transaction),
    header: {
      numReadonlySignedAccounts: transaction.numReadonlySigned,
      numReadonlyUnsignedAccounts: transaction.numReadonlyUnsigned,
      numRequiredSignatures: transaction.numRequiredSignatures,
    },
    instructions: transaction.instructions.map(({ accounts, data, programIdIndex }) => ({
      accounts: [...accounts],
      data: encodeBase58(data),
      programIdIndex,
      stackHeight: 1,
    })),
    recentBlockhash: transaction.blockhash,
    ...configOf(transaction),
  };
}

function lookupsOf(transaction: WireTransaction) {
  if (transaction.version !== 0) return {};
  return {
    addressTableLookups: transaction.lookups.map(({ table, writable, readonly }) => ({
      accountKey: table,
      writableIndexes: [...writable],
      readonlyIndexes: [...readonly],
    })),
  };
}

function configOf(transaction: WireTransaction) {
  const { config } = transaction;
  if (config === null) return {};
  const priorityFee = config.priorityFeeLamports === null ? null : Number(config.priorityFeeLamports);
  const { computeUnitLimit, heapSize, loadedAccountsDataSizeLimit } = config;
  return { transactionConfig: { computeUnitLimit, heapSize, loadedAccountsDataSizeLimit, priorityFee } };
}

/** All account keys in index order: static, then looked-up writable, then looked-up read-only. */
export function allKeys(transaction: WireTransaction, loaded: TransactionMeta['loadedAddresses']): string[] {
  return [...transaction.staticKeys, ...(loaded?.writable ?? []), ...(loaded?.readonly ?? [])];
}

function renderParsedMessage(transaction: WireTransaction, meta: TransactionMeta) {
  const keys = allKeys(transaction, meta.loadedAddresses);
  const lastWritable = transaction.staticKeys.length + (meta.loadedAddresses?.writable.length ?? 0);
  return {
    accountKeys: keys.map((pubkey, index) => {
      const isStatic = index < transaction.staticKeys.length;
      return {
        pubkey,
        signer: index < transaction.numRequiredSignatures,
        source: isStatic ? 'transaction' : 'lookupTable',
        writable: isStatic ? isStaticWritable(transaction, index) : index < lastWritable,
      };
    }),
    ...lookupsOf(transaction),
    instructions: transaction.instructions.map(({ accounts, data, programIdIndex }) => ({
      accounts: Array.from(accounts, (index) => keys[index]),
      data: encodeBase58(data),
      programId: keys[programIdIndex],
      stackHeight: 1,
    })),
    recentBlockhash: transaction.blockhash,
    ...configOf(transaction),
  };
}

/** `meta` of a jsonParsed answer: inner instructions name accounts and programs by address. */
export function renderParsedMeta(metaText: string, wire: Uint8Array): TransactionMeta {
  const meta = JSON.parse(metaText) as TransactionMeta;
  const keys = allKeys(parseTransaction(wire), meta.loadedAddresses);
  const { loadedAddresses: _, ...rest } = meta;
  return {
    ...rest,
    innerInstructions:
      meta.innerInstructions?.map(({ index, instructions }) => ({
        index,
        instructions: instructions.map((instruction) => partiallyDecoded(instruction, keys)),
      })) ?? null,
  } as unknown as TransactionMeta;
}

function partiallyDecoded({ accounts, data, programIdIndex, stackHeight }: CompiledInstruction, keys: string[]) {
  return { accounts: accounts.map((index) => keys[index]), data, programId: keys[programIdIndex], stackHeight };
}

/** What was published on a chain by set_channel_merkle_root, read without the SDK. */

import { base58 } from '@scure/base';
import type { NodeTransaction } from './expected-roots.ts';

export interface Publication {
  readonly channel: string;
  readonly epoch: number;
  /** 64 lower-case hex digits */
  readonly root: string;
  readonly succeeded: boolean;
  readonly signature: string;
}

const SET_CHANNEL_MERKLE_ROOT = '411810063f69997b';

export function publications(transactions: readonly NodeTransaction[]): Publication[] {
  return transactions.flatMap(({ meta, transaction }) =>
    transaction.message.instructions.flatMap(({ data: text }) => {
      const data = Buffer.from(base58.decode(text));
      if (data.subarray(0, 8).toString('hex') !== SET_CHANNEL_MERKLE_ROOT) return [];
      const end = 12 + data.readUInt32LE(8);
      return [
        {
          channel: data.subarray(12, end).toString('utf8'),
          epoch: Number(data.readBigUInt64LE(end)),
          root: data.subarray(end + 8, end + 40).toString('hex'),
          succeeded: meta.err === null,
          signature: transaction.signatures[0] ?? '',
        },
      ];
    }),
  );
}

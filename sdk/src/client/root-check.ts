import { bytesToHex } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { toU64 } from '../merkle/integers.ts';
import { expectHash } from '../merkle/leaves.ts';
import { type Deployment, readChannelState, rootStanding } from './chain-accounts.ts';
import type { RootToFinalize } from './client-types.ts';

/**
 * Refuses a root that the program would refuse, and says what that means for the caller.
 * @throws AttentionOracleError ROOT_EMPTY, HASH_LENGTH_INVALID, U64_OUT_OF_RANGE, ROOT_ALREADY_SETTLED, ROOT_CONFLICT,
 *   EPOCH_PASSED
 */
export async function requireOpenRoot(deployment: Deployment, root: RootToFinalize): Promise<void> {
  const { channel, merkleRoot, count } = root;
  const epoch = toU64(root.epoch, 'epoch');
  expectHash(merkleRoot, 'merkleRoot');
  const context = { channel, epoch: epoch.toString(), root: bytesToHex(merkleRoot) };
  if (count === 0) throw new AttentionOracleError('ROOT_EMPTY', 'a root of no claims cannot be settled', context);
  const state = await readChannelState(deployment, channel, 'confirmed');
  switch (rootStanding(state, epoch, merkleRoot)) {
    case 'open':
      return;
    case 'settled':
      throw new AttentionOracleError(
        'ROOT_ALREADY_SETTLED',
        `this root of ${channel}, epoch ${epoch}, is on chain already: nothing is left to do`,
        context,
      );
    case 'conflict':
      throw new AttentionOracleError(
        'ROOT_CONFLICT',
        `${channel}, epoch ${epoch}, has another root on chain: no retry can change it; find out who published it`,
        context,
      );
    case 'passed':
      throw new AttentionOracleError(
        'EPOCH_PASSED',
        `the ring slot of ${channel}, epoch ${epoch}, holds a later epoch: this root can no longer be published`,
        context,
      );
  }
}

/** What a command shows where nobody says what: the newest root, its first leaf. */

import type { GatewayClient, ProofFieldsFragment, RootFieldsFragment, RootStatus } from '@attention-oracle/sdk/graphql';
import { AppError } from '../../runtime/errors.ts';

interface Wanted {
  readonly status?: RootStatus;
  readonly channel?: string | undefined;
  readonly epoch?: string | undefined;
}

/** So many of the newest are looked through. */
const NEWEST = 50;

/** @throws AppError ARGUMENT_INVALID when there is no such root yet. */
export async function newestRoot(client: GatewayClient, wanted: Wanted = {}): Promise<RootFieldsFragment> {
  const [newest] = await newestRoots(client, wanted);
  return newest as RootFieldsFragment;
}

/**
 * The newest root whose tree is stored already, with the proof of its first leaf.
 * @throws AppError ARGUMENT_INVALID when there is no such root yet; TREE_MISSING.
 */
export async function newestProof(
  client: GatewayClient,
  wanted: Wanted = {},
): Promise<{ root: RootFieldsFragment; proof: ProofFieldsFragment }> {
  for (const root of await newestRoots(client, wanted)) {
    const { proof } = await client.proof({ channel: root.channel, epoch: root.epoch, index: 0 });
    if (proof !== null) return { root, proof };
  }
  throw new AppError('TREE_MISSING', 'The trees of the newest roots are not stored yet: ask again in a moment.');
}

async function newestRoots(
  client: GatewayClient,
  { status, channel, epoch }: Wanted,
): Promise<readonly RootFieldsFragment[]> {
  const { roots } = await client.roots({
    first: NEWEST,
    ...(status === undefined ? {} : { status }),
    ...(channel === undefined ? {} : { channel }),
  });
  const found = roots.edges.map(({ node }) => node).filter((root) => epoch === undefined || root.epoch === epoch);
  if (found.length > 0) return found;
  throw new AppError(
    'ARGUMENT_INVALID',
    status === undefined && channel === undefined && epoch === undefined
      ? 'There is no root yet: the first comes with the end of the first epoch that has claims. `ao status` shows how far it is.'
      : 'There is no such root: `ao roots` lists what there is, and how far each is on its way to the chain.',
  );
}

/** Says on standard error what was chosen, so that the answer is not taken for another's. */
export function sayChosen(what: string): void {
  process.stderr.write(`ao: nothing was named: ${what}\n`);
}

/** What a command shows where nobody says what: the newest root, its first leaf. */

import type { GatewayClient, RootFieldsFragment, RootStatus } from '@attention-oracle/sdk/graphql';
import { AppError } from '../../runtime/errors.ts';

/** @throws AppError ARGUMENT_INVALID when there is no root yet. */
export async function newestRoot(client: GatewayClient, status?: RootStatus): Promise<RootFieldsFragment> {
  const { roots } = await client.roots({ first: 1, ...(status === undefined ? {} : { status }) });
  const [newest] = roots.edges;
  if (newest !== undefined) return newest.node;
  throw new AppError(
    'ARGUMENT_INVALID',
    'There is no root yet: the first comes with the end of the first epoch that has claims. `ao status` shows how far it is.',
  );
}

/** Says on standard error what was chosen, so that the answer is not taken for another's. */
export function sayChosen(what: string): void {
  process.stderr.write(`ao: nothing was named: ${what}\n`);
}

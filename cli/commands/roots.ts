/** `ao roots`: the roots that the gateway serves, newest first. */

import type { RootFieldsFragment, RootStatus } from '@attention-oracle/sdk/graphql';
import { type Command, Option } from 'commander';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { wholeAbove0 } from '../options.ts';
import { printJson, printLine, printTable } from '../print.ts';
import { settlementWord, shortHash } from '../render/words.ts';

interface RootsOptions extends GatewayOptions {
  readonly status?: RootStatus;
  readonly first: number;
  readonly json?: boolean;
}

export function addRootsCommand(program: Command): void {
  withGatewayOption(program.command('roots'))
    .description('list roots, newest first, and how far each is on its way to the chain')
    .argument('[channel]', 'only of this channel')
    .addOption(new Option('--status <status>', 'only these').choices(['READY_FOR_SETTLEMENT', 'SETTLED']))
    .option('--first <n>', 'how many', wholeAbove0, 20)
    .option('--json', 'one JSON array')
    .action(async (channel: string | undefined, options: RootsOptions) => {
      const { status, first } = options;
      const { roots } = await withGateway(options, (client) =>
        client.roots({
          first,
          ...(channel === undefined ? {} : { channel }),
          ...(status === undefined ? {} : { status }),
        }),
      );
      print(
        roots.edges.map(({ node }) => node),
        options.json === true,
      );
      if (roots.pageInfo.hasNextPage) process.stderr.write(`ao: there are more: --first ${first * 2} shows them\n`);
    });
}

function print(roots: readonly RootFieldsFragment[], json: boolean): void {
  if (json) printJson(roots);
  else if (roots.length === 0) printLine('no root yet');
  else
    printTable(
      ['channel', 'epoch', 'root', 'claims', 'recipe', 'slots', 'settlement'],
      roots.map((root) => [
        root.channel,
        root.epoch,
        shortHash(root.root),
        root.count,
        root.recipe,
        `${root.startSlot}–${root.endSlot}`,
        settlementWord(root.settlement),
      ]),
    );
}

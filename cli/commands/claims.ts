/** `ao claims`: the claims of a user, newest first, and what became of each. */

import type { ClaimFieldsFragment } from '@attention-oracle/sdk/graphql';
import type { Command } from 'commander';
import { newestProof, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { wholeAbove0 } from '../options.ts';
import { printJson, printLine, printTable } from '../print.ts';

interface ClaimsOptions extends GatewayOptions {
  readonly channel?: string;
  readonly first: number;
  readonly json?: boolean;
}

export function addClaimsCommand(program: Command): void {
  withGatewayOption(program.command('claims'))
    .description('list the claims of a user, newest first, and what became of each')
    .argument('[user]', 'address of the wallet; default: the first user of the newest root')
    .option('--channel <name>', 'only of this channel')
    .option('--first <n>', 'how many', wholeAbove0, 20)
    .option('--json', 'one JSON array')
    .action(async (given: string | undefined, options: ClaimsOptions) => {
      const { channel, first } = options;
      const claims = await withGateway(options, async (client) => {
        let user = given;
        if (user === undefined) {
          const { root, proof } = await newestProof(client);
          user = proof.user;
          sayChosen(`claims of ${user}, the first user of the newest root (${root.channel}, epoch ${root.epoch})`);
        }
        const answer = await client.claims({ user, first, ...(channel === undefined ? {} : { channel }) });
        return answer.claims;
      });
      print(
        claims.edges.map(({ node }) => node),
        options.json === true,
      );
      if (claims.pageInfo.hasNextPage) process.stderr.write(`ao: there are more: --first ${first * 2} shows them\n`);
    });
}

function print(claims: readonly ClaimFieldsFragment[], json: boolean): void {
  if (json) printJson(claims);
  else if (claims.length === 0) printLine('no claims of this user are stored');
  else
    printTable(
      ['channel', 'epoch', 'index', 'amount', 'slot', 'status', 'event'],
      claims.map(({ channel, epoch, index, amount, slot, status, eventId }) => [
        channel,
        epoch,
        index ?? '-',
        amount,
        slot,
        status,
        eventId,
      ]),
    );
}

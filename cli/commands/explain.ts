/** `ao explain`: a leaf down to the signature of the transaction that it came of, and what proves it. */

import type { GatewayClient } from '@attention-oracle/sdk/graphql';
import type { Command } from 'commander';
import { AppError } from '../../runtime/errors.ts';
import { newestProof, sayChosen } from '../gateway/newest.ts';
import { type GatewayOptions, withGateway, withGatewayOption } from '../gateway/session.ts';
import { epochNumber, leafIndex } from '../options.ts';
import { printJson, printLine } from '../print.ts';
import { drawExplanation, type Explanation } from '../render/explanation.ts';

interface ExplainOptions extends GatewayOptions {
  readonly json?: boolean;
}

export function addExplainCommand(program: Command): void {
  withGatewayOption(program.command('explain'))
    .description('draw the way of a leaf: the root and its publication, the claim, its transaction, and what proves it')
    .argument('[channel]', 'default: that of the newest root')
    .argument('[epoch]', 'default: that of the newest root', epochNumber)
    .argument('[index]', 'place of the leaf; default: 0', leafIndex)
    .option('--json', 'one JSON object')
    .action(async (channel: string | undefined, epoch: string | undefined, index = 0, options: ExplainOptions = {}) => {
      const explanation = await withGateway(options, (client) => ask(client, channel, epoch, Number(index)));
      if (options.json === true) printJson(explanation);
      else drawExplanation(explanation).forEach(printLine);
    });
}

async function ask(
  client: GatewayClient,
  channel: string | undefined,
  epoch: string | undefined,
  index: number,
): Promise<Explanation> {
  let place = { channel: channel ?? '', epoch: epoch ?? '' };
  if (channel === undefined || epoch === undefined) {
    const { root } = await newestProof(client, { channel });
    place = { channel: root.channel, epoch: root.epoch };
    sayChosen(`leaf 0 of the newest root (${root.channel}, epoch ${root.epoch})`);
  }
  const { explain } = await client.explain({ ...place, index });
  if (explain === null)
    throw new AppError(
      'ARGUMENT_INVALID',
      `The root of ${place.channel}, epoch ${place.epoch}, has no leaf ${index}, or there is no such root: \`ao roots ${place.channel}\` lists them with their claims.`,
    );
  return explain;
}

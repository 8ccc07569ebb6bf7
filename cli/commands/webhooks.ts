/** `ao webhooks list|new|test|replay|redeliver`: the endpoints of integrators. `ao webhooks` alone runs the role. */

import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { loadConfig, redactUrl } from '../../runtime/config.ts';
import { AppError } from '../../runtime/errors.ts';
import { groupLags } from '../../runtime/kafka/group-lags.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import { endpointsConfig } from '../../sinks/webhooks/config.ts';
import { type Endpoint, KINDS, type Kind } from '../../sinks/webhooks/core/endpoint.ts';
import { readEndpoints } from '../../sinks/webhooks/io/endpoints-file.ts';
import { endpointGroup, requestReplay } from '../../sinks/webhooks/io/replay-request.ts';
import { confirm } from '../confirm.ts';
import { type KafkaSession, withKafka } from '../kafka/session.ts';
import { printJson, printLine, printTable } from '../print.ts';
import { type ReplayTarget, replayPlaces } from '../webhooks/places.ts';
import { redeliver } from '../webhooks/redeliver.ts';
import { tryEndpoint } from '../webhooks/try-endpoint.ts';

interface ReplayOptions extends ReplayTarget {
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function addWebhooksCommands(program: Command): void {
  const webhooks = program.commands.find((command) => command.name() === 'webhooks');
  if (webhooks === undefined) throw new TypeError('the role webhooks has no command');
  webhooks
    .command('list')
    .description('the endpoints in WEBHOOKS_FILE, and how many records each has still to take')
    .option('--json', 'one JSON array')
    .action((options: { json?: boolean }) => withKafka((session) => list(session, options.json === true)));
  webhooks
    .command('new')
    .description('print an entry for WEBHOOKS_FILE with a new secret; from now on, all that happens is delivered')
    .argument('<url>', 'https:// URL of the receiver')
    .option('--id <id>', 'name in logs and metrics; default: from the host of the URL')
    .option('--channel <channel...>', 'only these channels')
    .addOption(new Option('--kind <kind...>', 'only these kinds').choices(KINDS))
    .action(printEntry);
  webhooks
    .command('test')
    .description('send a signed message of type test to an endpoint, or to each of them')
    .argument('[endpoint]')
    .action(async (id: string | undefined) => {
      for (const endpoint of await endpoints(id)) await tryEndpoint(endpoint, settings());
    });
  webhooks
    .command('replay')
    .description(
      'deliver again, or go on from elsewhere; the role takes it over within seconds, running or at its start',
    )
    .argument('<endpoint>')
    .addOption(new Option('--to-beginning', 'everything').conflicts(['toTime', 'from']))
    .addOption(new Option('--to-time <iso>', 'what was recorded at or after an instant').conflicts('from'))
    .option('--from <cursor...>', 'go on behind the message with this cursor, in its partition alone')
    .option('--dry-run', 'show the places, change nothing')
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON array of places')
    .action((id: string, options: ReplayOptions) => withKafka((session) => replay(session, id, options)));
  webhooks
    .command('redeliver')
    .description('send what an endpoint has refused, from the dead letters, in its order')
    .argument('<endpoint>')
    .option('--dry-run', 'only say what would be sent')
    .action(async (id: string, options: { dryRun?: boolean }) => {
      const [endpoint] = await endpoints(id);
      if (endpoint === undefined) return;
      await withKafka((session) => redeliver(session, endpoint, settings(), options.dryRun === true));
    });
}

function settings(): z.output<z.ZodObject<typeof endpointsConfig>> {
  return loadConfig(z.object(endpointsConfig), process.env);
}

/** @throws AppError ARGUMENT_INVALID for an id that is not registered. */
async function endpoints(id?: string): Promise<readonly Endpoint[]> {
  const all = await readEndpoints(settings().WEBHOOKS_FILE);
  const wanted = id === undefined ? all : all.filter((endpoint) => endpoint.id === id);
  if (wanted.length > 0) return wanted;
  const known = all.map((endpoint) => endpoint.id).join(', ') || 'none';
  throw new AppError('ARGUMENT_INVALID', `WEBHOOKS_FILE has no endpoint ${id ?? ''}. Registered: ${known}.`);
}

async function list({ admin, settings: kafkaSettings }: KafkaSession, asJson: boolean): Promise<void> {
  const names = topicNames(kafkaSettings);
  const rows = await Promise.all(
    (await endpoints()).map(async ({ id, url, kinds, channels, from }) => {
      const group = endpointGroup(kafkaSettings, id);
      const lags = await groupLags(admin, [names.roots, names.settlements], group);
      const own = lags.filter((lag) => lag.group === group);
      return {
        ...{ endpoint: id, url: redactUrl(url), kinds, channels: channels ?? null, from },
        // Nothing is committed before the role has run with it.
        recordsLeft: own.length === 0 ? null : Number(own.reduce((sum, { lag }) => sum + lag, 0n)),
        senders: await admin.memberCount(group),
      };
    }),
  );
  if (asJson) printJson(rows);
  else
    printTable(
      ['endpoint', 'url', 'kinds', 'channels', 'from', 'records left', 'senders'],
      rows.map((row) => [
        ...[row.endpoint, row.url, row.kinds.join(', '), row.channels?.join(', ') ?? 'all', row.from],
        ...[row.recordsLeft ?? '-', row.senders],
      ]),
    );
}

function printEntry(url: string, options: { id?: string; channel?: string[]; kind?: Kind[] }): void {
  if (!URL.canParse(url)) throw new AppError('ARGUMENT_INVALID', `${url} is no URL.`);
  const name = new URL(url).hostname
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  printLine(
    JSON.stringify(
      {
        id: options.id ?? name.slice(0, 40),
        url,
        secrets: [`whsec_${randomBytes(32).toString('base64')}`],
        ...(options.kind === undefined ? {} : { kinds: options.kind }),
        ...(options.channel === undefined ? {} : { channels: options.channel }),
        from: new Date().toISOString(),
      },
      null,
      2,
    ),
  );
}

async function replay(session: KafkaSession, id: string, options: ReplayOptions): Promise<void> {
  const [endpoint] = await endpoints(id);
  if (endpoint === undefined) return;
  const places = await replayPlaces(session, options);
  if (options.json === true) printJson(places.map((place) => ({ ...place, offset: place.offset.toString() })));
  else
    printTable(
      ['topic', 'partition', 'goes on at'],
      places.map(({ topic, partition, offset }) => [topic, partition, offset.toString()]),
    );
  if (options.dryRun === true) return;
  if (options.yes !== true && !(await confirm(`Let ${id} go on from there?`))) return;
  await requestReplay(session.kafka, endpointGroup(session.settings, id), places);
  if (options.json === true) return;
  printLine(`${id} goes on from there as soon as the role reads it; what is sent again has the same webhook-id.`);
  if (endpoint.from !== 'beginning')
    printLine(`What was recorded before ${endpoint.from} ("from" in WEBHOOKS_FILE) is left out.`);
}

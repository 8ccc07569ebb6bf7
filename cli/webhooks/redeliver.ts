/** What an endpoint has refused, sent to it once more from the dead letters, with the ids that it had. */

import { RecordCodec } from '../../runtime/kafka/codec.ts';
import { DEAD_LETTER_HEADERS } from '../../runtime/kafka/dead-letters.ts';
import type { KafkaRecord } from '../../runtime/kafka/records.ts';
import { readToEnd } from '../../runtime/kafka/topic-reader.ts';
import { topicNames } from '../../runtime/kafka/topics.ts';
import type { Endpoint } from '../../sinks/webhooks/core/endpoint.ts';
import { messageOfRecord } from '../../sinks/webhooks/core/message.ts';
import type { KafkaSession } from '../kafka/session.ts';
import { printLine } from '../print.ts';
import { type EndpointSettings, HandDelivery } from './try-endpoint.ts';

/** Ends at the first that is not taken, with status 1: what follows it in its channel must not come before it. */
export async function redeliver(
  session: KafkaSession,
  endpoint: Endpoint,
  settings: EndpointSettings,
  isDryRun: boolean,
): Promise<void> {
  const names = topicNames(session.settings);
  const codec = await RecordCodec.connect(session.settings);
  const letters = await refused(session, endpoint.id);
  await codec.prepare(letters.map(({ value }) => value));
  const delivery = new HandDelivery(endpoint, settings);
  let sent = 0;
  try {
    for (const letter of letters) {
      const header = (name: string): string => letter.headers?.[name]?.toString() ?? '';
      const message = messageOfRecord(codec.decode(letter.value), {
        topic: header(DEAD_LETTER_HEADERS.topic) === names.roots ? 'roots' : 'settlements',
        partition: Number(header(DEAD_LETTER_HEADERS.partition)),
        offset: BigInt(header(DEAD_LETTER_HEADERS.offset)),
      });
      const { kind, why } = isDryRun ? { kind: 'taken', why: '' } : await delivery.post(message.id, message.body);
      printLine(`${message.id} ${message.kind} ${message.channel}: ${isDryRun ? 'would be sent' : kind}`);
      if (kind !== 'taken') {
        process.stderr.write(`ao: not taken, ${why}; what comes after it was not sent\n`);
        process.exitCode = 1;
        break;
      }
      sent += 1;
    }
  } finally {
    delivery.close();
  }
  printLine(`${isDryRun ? 'would send' : 'sent'} ${sent} messages to ${endpoint.id}; npx ao dlq ack ends their alarm`);
}

async function refused({ kafka, settings }: KafkaSession, endpointId: string): Promise<KafkaRecord[]> {
  const letters: KafkaRecord[] = [];
  await readToEnd({
    kafka,
    topic: topicNames(settings).deadLetters,
    onRecords: (records) => {
      const ours = records.filter(
        ({ headers }) =>
          headers?.[DEAD_LETTER_HEADERS.role]?.toString() === `webhooks/${endpointId}` &&
          headers[DEAD_LETTER_HEADERS.code]?.toString() === 'WEBHOOK_REFUSED',
      );
      letters.push(...ours);
    },
  });
  return letters;
}

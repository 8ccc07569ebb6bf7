/** Asks Kafka what bears on the first root's number, until the numbering has begun. */

import { withAdmin } from '../../../runtime/kafka/admin.ts';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import { readRingSurvey } from '../../../runtime/kafka/ring-survey.ts';
import type { TopicNames } from '../../../runtime/kafka/topics.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { isPerhapsOurs, type Numbering, type NumberingFacts, numberingFault } from '../core/numbering-gate.ts';

interface Parts {
  readonly kafka: KafkaClient;
  readonly topics: TopicNames;
  readonly numbering: Numbering;
  readonly log: Logger;
}

export class NumberingCheck {
  readonly #parts: Parts;
  #passed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A base that is known to be too low ends the start; who can say more may still come. @throws AppError EPOCH_BASE_TOO_LOW */
  async atStart(): Promise<void> {
    const fault = numberingFault(this.#parts.numbering, await this.#facts());
    if (fault?.code === 'EPOCH_BASE_TOO_LOW') throw fault;
  }

  /** Before roots are emitted. @throws AppError EPOCH_BASE_TOO_LOW, EPOCH_BASE_UNCHECKED; what the brokers answer. */
  async assertPassed(): Promise<void> {
    if (this.#passed) return;
    const { numbering, log } = this.#parts;
    const facts = await this.#facts();
    const fault = numberingFault(numbering, facts);
    if (fault !== undefined) throw fault;
    this.#passed = true;
    if (facts.hasBegun || numbering.mint === undefined) return;
    const context = { mint: numbering.mint, base: numbering.schedule.base.toString() };
    if (facts.survey?.listed !== true)
      log.warn(
        context,
        'EPOCH_BASE was not held against the rings of the program: nobody can list them; settlement holds each root against its ring',
      );
    else if (isPerhapsOurs(numbering, facts.survey))
      log.warn(
        context,
        'the rings hold epochs of these numbers: if they are not of a former run under this base, settlement will hold the roots',
      );
  }

  async #facts(): Promise<NumberingFacts> {
    const { kafka, topics } = this.#parts;
    const hasBegun = await this.#holdsRecords(topics.roots);
    if (hasBegun) return { hasBegun, hasListener: true, survey: undefined };
    return { hasBegun, hasListener: await this.#holdsRecords(topics.cursors), survey: await readRingSurvey(kafka) };
  }

  async #holdsRecords(topic: string): Promise<boolean> {
    const bounds = await withAdmin(this.#parts.kafka, (admin) => admin.bounds(topic));
    return [...bounds.values()].some(({ high }) => high > 0n);
  }
}

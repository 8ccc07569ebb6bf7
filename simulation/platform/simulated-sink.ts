/** The rows of a partition in a simulated database: transactions that are rolled back or whose answer is lost, zombies with an old position. */

import { MerkleTree } from '@attention-oracle/sdk';
import { sortCanonically } from '../../domain/counted-claim.ts';
import type { EventState } from '../../domain/vouching.ts';
import type { Rules } from '../../processors/epoch-roots/core/rules.ts';
import type { Placed } from '../../processors/epoch-roots/testing/logs.ts';
import type { ClaimContent } from '../../sinks/postgres/core/content.ts';
import { eventItem, watermarkItem } from '../../sinks/postgres/core/stream-items.ts';
import { planStreamBatch, type StreamItem } from '../../sinks/postgres/core/stream-plan.ts';
import type { SeededRandom } from '../random.ts';

export class SimulatedSink {
  readonly #rules: Rules;
  readonly #random: SeededRandom;
  #rows: ReadonlyMap<string, EventState<ClaimContent>> = new Map();
  /** Records taken in; committed with the rows. */
  #position = 0;
  /** Where each process believes that the database is. */
  readonly #processes = [0, 0];

  constructor(rules: Rules, random: SeededRandom) {
    this.#rules = rules;
    this.#random = random;
  }

  get position(): number {
    return this.#position;
  }

  /** One process, the owner or a zombie, takes in a batch. */
  step(log: readonly Placed[], calm: boolean): void {
    const process = this.#random.between(0, 1);
    const from = this.#processes[process] ?? 0;
    const batch = log.slice(from, from + this.#random.between(1, 30));
    const claims = planStreamBatch(
      batch.flatMap((placed) => this.#item(placed)),
      {
        claims: this.#rows,
        publications: new Map(),
      },
    ).claims;
    // The row of the position is locked and compared: who is behind changes nothing, and reads it again.
    const isRolledBack = from !== this.#position || (!calm && this.#random.chance(0.1));
    const isAnswerLost = !calm && this.#random.chance(0.1);
    if (!isRolledBack) {
      this.#rows = new Map([...this.#rows, ...claims.map((state) => [state.eventId, state] as const)]);
      this.#position = from + batch.length;
    }
    if (!isAnswerLost) this.#processes[process] = this.#position;
  }

  /** `<channel>/<epoch>` to the root that the rows give. */
  roots(): Map<string, string> {
    const counted = [...this.#rows.values()].flatMap(({ eventId, provenOffset, content }) => {
      if (provenOffset === null || content === undefined) return [];
      const { channel, epoch, slot, user_pubkey: claimer, amount, claim_id: id } = content;
      const signature = eventId.split('/')[0] ?? '';
      return [{ key: `${channel}/${epoch}`, eventId, slot, signature, claimer, amount: BigInt(amount), id }];
    });
    const groups = [...Map.groupBy(counted, ({ key }) => key)];
    return new Map(groups.map(([key, claims]) => [key, new MerkleTree(sortCanonically(claims), {}).rootHex()]));
  }

  #item({ offset, input }: Placed): StreamItem[] {
    if (input.name === 'SlotWatermark') return [watermarkItem(input.value, offset)];
    const item = eventItem(input.value, offset, this.#rules);
    return item === undefined ? [] : [item];
  }
}

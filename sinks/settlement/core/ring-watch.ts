/** Holds the rings of the channels that we serve against the ledger: roots that are not ours, and roots of ours that are gone. */

import type { Lane } from './lane.ts';
import { type ChannelHistory, isUnreadable, type Ring, type SettlerPorts } from './ports.ts';
import type { PublishedRoots } from './published-roots.ts';
import type { RingAlarm, RingAlarmKind } from './ring-alarm.ts';
import { usedSlots } from './ring-verdict.ts';
import { CallFailed, type RpcGate } from './rpc-gate.ts';

/** Channels of a look: getMultipleAccounts takes 100 accounts, of which others need a few. */
const CHANNELS_A_LOOK = 90;

/**
 * What is wrong with a ring. Roots below our first one are the legacy system's.
 * @param ring As of a finalised block in which every root of `published` that is final had landed.
 */
export function ringAlarms(channel: string, ring: Ring, published: PublishedRoots): RingAlarm[] {
  const ours = [...published.onChain(channel).values()];
  if (ours.length === 0) return [];
  const first = ours.reduce((least, { epoch }) => (epoch < least ? epoch : least), ours[0]?.epoch ?? 0n);
  const foreign = usedSlots(ring).filter(({ epoch, root }) => {
    const known = published.onChain(channel).get(epoch);
    return epoch >= first && (known === undefined ? !published.knows(channel, epoch) : known.root !== root);
  });
  const missing = ours.filter(({ epoch, root }) => {
    const slot = ring?.[Number(epoch % BigInt(ring.length))];
    return slot === undefined || slot.epoch < epoch || (slot.epoch === epoch && slot.root !== root);
  });
  return [
    ...foreign.map(({ epoch, root }) => ({ kind: 'foreign' as const, channel, epoch, root })),
    ...missing.map(({ epoch, root }) => ({ kind: 'missing' as const, channel, epoch, root })),
  ];
}

export class RingWatch {
  readonly #ports: Pick<SettlerPorts, 'observe'>;
  readonly #rpc: RpcGate;
  /** By channel, what is wrong with its ring; told once. */
  readonly #alarms = new Map<string, readonly RingAlarm[]>();
  #next = 0;

  constructor(ports: Pick<SettlerPorts, 'observe'>, rpc: RpcGate) {
    this.#ports = ports;
    this.#rpc = rpc;
  }

  /** How many alarms of a kind stand. */
  count(kind: RingAlarmKind): number {
    return [...this.#alarms.values()].flat().filter((alarm) => alarm.kind === kind).length;
  }

  /** Looks at the next channels, in turn. Trouble of the calls is left to the next look. @throws RpcPaused */
  async look(lanes: readonly Lane[]): Promise<void> {
    const watched = lanes.flatMap((lane) =>
      lane.loaded
        ? [...lane.published.channelsOnChain()].map((channel) => ({ channel, published: lane.published }))
        : [],
    );
    for (const channel of this.#alarms.keys()) {
      if (!watched.some((of) => of.channel === channel)) this.#alarms.delete(channel);
    }
    if (this.#next >= watched.length) this.#next = 0;
    const turn = watched.slice(this.#next, this.#next + CHANNELS_A_LOOK);
    this.#next += turn.length;
    if (turn.length === 0) return;
    // A node that has not seen our newest publications yet shows nothing.
    const sawSlot = Math.max(...turn.map(({ channel, published }) => newestSlot(channel, published)));
    try {
      const names = turn.map(({ channel }) => channel);
      const { rings } = await this.#rpc.call('accounts', (chain) =>
        chain.accounts(names, undefined, 'finalized', sawSlot),
      );
      for (const { channel, published } of turn) {
        const ring = rings.get(channel);
        if (!isUnreadable(ring)) await this.#compare(channel, ringAlarms(channel, ring, published));
      }
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
    }
  }

  async #compare(channel: string, alarms: readonly RingAlarm[]): Promise<void> {
    const told = this.#alarms.get(channel) ?? [];
    if (alarms.length === 0) this.#alarms.delete(channel);
    else this.#alarms.set(channel, alarms);
    for (const alarm of alarms) {
      if (told.some((known) => isSame(known, alarm))) continue;
      const signer = alarm.kind === 'foreign' ? await this.#signerOf(alarm) : undefined;
      this.#ports.observe({ kind: 'ringAlarm', alarm, signer });
    }
  }

  /** Who signed it; undefined where no node tells. @throws RpcPaused */
  async #signerOf({ channel, epoch, root }: RingAlarm): Promise<string | undefined> {
    try {
      const history: ChannelHistory = await this.#rpc.call('channelHistory', (chain) =>
        chain.channelHistory(channel, 0),
      );
      return history.publications.find((found) => found.epoch === epoch && found.root === root)?.signer;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      return undefined;
    }
  }
}

function newestSlot(channel: string, published: PublishedRoots): number {
  return Math.max(0, ...[...published.onChain(channel).values()].map(({ landedSlot }) => landedSlot ?? 0));
}

function isSame(a: RingAlarm, b: RingAlarm): boolean {
  return a.kind === b.kind && a.epoch === b.epoch && a.root === b.root;
}

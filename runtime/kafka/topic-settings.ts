/** Settings of topics: those declared, and what it means when an existing topic has others. */

import type { TopicDeclaration } from '../../schemas/topics.ts';

/** Copies from which on one of them may be away while writes go on. */
const COPIES_FOR_TWO = 3;

/** Settings that are asked for, beside those that a topic declares. */
export const WATCHED_SETTINGS = ['min.insync.replicas', 'unclean.leader.election.enable'] as const;

/** Settings by which a topic is created. */
export function creationSettings(topic: TopicDeclaration, replicas: number): Record<string, string> {
  return { ...topic.config, 'min.insync.replicas': leastInSync(replicas) };
}

/** A setting that is not as declared. */
export interface SettingDifference {
  readonly name: string;
  readonly found: string;
  /** What to set it to. */
  readonly wanted: string;
  /** Whether records can be lost by it, or none written. */
  readonly unsafe: boolean;
}

/** The settings of an existing topic that are not as declared. Those that the broker does not tell are passed over. */
export function settingDifferences(
  topic: TopicDeclaration,
  found: ReadonlyMap<string, string>,
  replicas: number,
): SettingDifference[] {
  const differences = Object.entries(topic.config).map(([name, wanted]) => {
    const value = found.get(name) ?? wanted;
    return { name, found: value, wanted, unsafe: UNSAFE.has(name), same: sameSetting(value, wanted) };
  });
  const inSync = Number(found.get('min.insync.replicas') ?? leastInSync(replicas));
  const wanted = leastInSync(replicas);
  differences.push({
    name: 'min.insync.replicas',
    found: String(inSync),
    wanted,
    unsafe: inSync < Number(wanted) || inSync > replicas,
    same: inSync >= Number(wanted) && inSync <= replicas,
  });
  const unclean = found.get('unclean.leader.election.enable') ?? 'false';
  differences.push({
    name: 'unclean.leader.election.enable',
    found: unclean,
    wanted: 'false',
    unsafe: replicas > 1,
    same: unclean === 'false',
  });
  return differences.flatMap(({ same, ...difference }) => (same ? [] : [difference]));
}

/** Settings whose declared value keeps every record; any other value drops some. */
const UNSAFE = new Set(['cleanup.policy', 'retention.ms', 'retention.bytes']);

function sameSetting(found: string, wanted: string): boolean {
  if (Number.isFinite(Number(wanted)) && Number.isFinite(Number(found))) return Number(found) === Number(wanted);
  return found === wanted;
}

/** Two where three copies are; with fewer, each copy that is away would stop the writing. */
function leastInSync(replicas: number): string {
  return replicas >= COPIES_FOR_TWO ? '2' : '1';
}

/** The command that sets them, for an operator. */
export function settingCommand(name: string, differences: readonly SettingDifference[]): string {
  const config = differences.map(({ name: setting, wanted }) => `${setting}=${wanted}`).join(',');
  return `kafka-configs.sh --bootstrap-server BROKER --alter --entity-type topics --entity-name ${name} --add-config ${config}`;
}

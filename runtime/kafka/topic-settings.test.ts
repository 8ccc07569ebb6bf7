import { describe, expect, it } from '@jest/globals';
import { TOPICS } from '../../schemas/topics.ts';
import { creationSettings, settingCommand, settingDifferences } from './topic-settings.ts';

const asMade = (key: keyof typeof TOPICS, replicas: number, change: Record<string, string> = {}) =>
  settingDifferences(
    TOPICS[key],
    new Map(Object.entries({ ...creationSettings(TOPICS[key], replicas), ...change })),
    replicas,
  );

describe('the settings of an existing topic', () => {
  it.each([1, 2, 3, 5])('are as declared on a topic of %i copies that the platform made', (replicas) => {
    for (const key of Object.keys(TOPICS) as (keyof typeof TOPICS)[]) expect(asMade(key, replicas)).toEqual([]);
  });

  it.each([
    ['streamEvents', 'cleanup.policy', 'compact'],
    ['roots', 'cleanup.policy', 'compact,delete'],
    ['settlements', 'retention.ms', '604800000'],
    ['deadLetters', 'retention.bytes', '1073741824'],
    ['cursors', 'cleanup.policy', 'delete'],
    ['cursors', 'cleanup.policy', 'compact,delete'],
  ] as const)('lose records of %s with %s=%s', (key, name, value) => {
    const [difference, ...others] = asMade(key, 1, { [name]: value });
    expect(difference).toMatchObject({ name, found: value, unsafe: true });
    expect(others).toEqual([]);
    const { config }: { config: Record<string, string> } = TOPICS[key];
    expect(settingCommand('t', difference === undefined ? [] : [difference])).toContain(`${name}=${config[name]}`);
  });

  it('lose records when one copy of three is enough for an acknowledgement, or a stale copy may lead', () => {
    expect(asMade('roots', 3, { 'min.insync.replicas': '1' })).toMatchObject([{ unsafe: true, wanted: '2' }]);
    expect(asMade('roots', 3, { 'unclean.leader.election.enable': 'true' })).toMatchObject([{ unsafe: true }]);
  });

  it('take no record when more copies are asked for than there are', () => {
    expect(asMade('roots', 1, { 'min.insync.replicas': '2' })).toMatchObject([{ unsafe: true, wanted: '1' }]);
  });

  it('differ without harm where one copy alone may lead anyway, and where the broker does not tell', () => {
    expect(asMade('roots', 1, { 'unclean.leader.election.enable': 'true' })).toMatchObject([{ unsafe: false }]);
    expect(settingDifferences(TOPICS.roots, new Map(), 1)).toEqual([]);
  });

  it('differ without harm where old cursors are kept longer than they need be', () => {
    expect(asMade('cursors', 1, { 'segment.ms': '604800000', 'min.cleanable.dirty.ratio': '0.5' })).toMatchObject([
      { name: 'segment.ms', wanted: '600000', unsafe: false },
      { name: 'min.cleanable.dirty.ratio', wanted: '0.1', unsafe: false },
    ]);
  });
});

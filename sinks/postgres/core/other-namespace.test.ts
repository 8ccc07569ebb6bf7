import { describe, expect, it } from '@jest/globals';
import { topicNames } from '../../../runtime/kafka/topics.ts';
import { otherNamespace } from './other-namespace.ts';

const { streamEvents, settlements: ours } = topicNames({ KAFKA_NAMESPACE: 'north.' });

describe('a schema that another namespace filled', () => {
  it('is not filled from ours, and the namespace to set is named', () => {
    const settlements = 'south.ao.settlements.v1';
    const fault = otherNamespace([settlements, 'south.ao.stream-events.v1'], streamEvents);
    expect(fault).toMatchObject({ code: 'TOPIC_REPLACED', retryable: true });
    expect(fault?.message).toContain('KAFKA_NAMESPACE=south. ');
    expect(otherNamespace(['ao.stream-events.v1'], streamEvents)?.message).toContain('KAFKA_NAMESPACE= ');
  });

  it('is told from one of ours, and from an empty one', () => {
    expect(otherNamespace(['south.ao.stream-events.v1', 'north.ao.stream-events.v1'], streamEvents)).toBeUndefined();
    expect(otherNamespace([], streamEvents)).toBeUndefined();
    expect(otherNamespace([ours], streamEvents)).toBeUndefined();
  });
});

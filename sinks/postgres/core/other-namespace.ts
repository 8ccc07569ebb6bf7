/** Whether a schema is filled from the topics of another namespace. */

import { AppError } from '../../../runtime/errors.ts';
import { TOPICS } from '../../../schemas/topics.ts';

/**
 * What forbids filling a schema from the topics of this deployment; undefined where nothing does. Records of two namespaces in one
 * schema would be taken for those of one.
 * @param taken Topics of which something was taken in.
 * @param streamEvents Name of the event topic of this deployment.
 */
export function otherNamespace(taken: readonly string[], streamEvents: string): AppError | undefined {
  if (taken.includes(streamEvents)) return undefined;
  const other = taken.find((topic) => topic.endsWith(TOPICS.streamEvents.name));
  if (other === undefined) return undefined;
  const namespace = other.slice(0, -TOPICS.streamEvents.name.length);
  return new AppError(
    'TOPIC_REPLACED',
    `The rows of this schema are of topic ${other}, and this deployment reads ${streamEvents}. Set KAFKA_NAMESPACE=${namespace} for every role, or give sink and gateway a DATABASE_SCHEMA that does not exist yet.`,
    { retryable: true, context: { taken: other, wanted: streamEvents } },
  );
}

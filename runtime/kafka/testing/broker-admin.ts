/** Everything that the library's admin client can do, for tests that set a broker's stage. */

import type { Admin } from 'kafkajs';
import type { KafkaClient } from '../client.ts';
import { libraryOf } from '../library.ts';

export async function withBrokerAdmin<T>(kafka: KafkaClient, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = libraryOf(kafka).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

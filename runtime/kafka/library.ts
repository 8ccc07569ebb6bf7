/** The client library behind a connection. For the files of this folder alone: everybody else sees what they export. */

import type { Kafka } from 'kafkajs';

const libraries = new WeakMap<object, Kafka>();

export function putBehind<Client extends object>(client: Client, library: Kafka): Client {
  libraries.set(client, library);
  return client;
}

/** @throws TypeError when the client was not made by `createKafka`. */
export function libraryOf(client: object): Kafka {
  const library = libraries.get(client);
  if (library === undefined) throw new TypeError('not a connection made by createKafka');
  return library;
}

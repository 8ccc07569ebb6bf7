/** Schemas that another release, or nobody of this platform, has put into the registry. */

import { randomUUID } from 'node:crypto';

/** Registers a schema under a subject of its own. @returns its id. */
export async function registerSchema(registryUrl: string, schema: unknown): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${randomUUID()}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  return ((await response.json()) as { id: number }).id;
}

/** A record in the Confluent wire format whose schema is known and is nobody's of this platform. */
export async function foreignRecord(registryUrl: string): Promise<Buffer> {
  return framed(await registerSchema(registryUrl, { type: 'record', name: 'Order', namespace: 'shop', fields: [] }));
}

/** An Avro body behind the magic byte and a schema's id. */
export function framed(schemaId: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(5), body]);
  bytes.writeInt32BE(schemaId, 1);
  return bytes;
}

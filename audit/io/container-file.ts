/** Avro container files of archived records: what any Avro library reads. */

import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import avro from 'avsc';
import { ARCHIVED_RECORD_SCHEMA, type ArchivedRecord, archivedRecordType } from '../../schemas/archived-record.ts';

const compress = promisify(deflateRaw);
const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_BYTES = 16;
/** Of a block before it is compressed. */
const BLOCK_BYTES = 1 << 20;

const metadataType = avro.Type.forSchema({ type: 'map', values: 'bytes' });
const longType = avro.Type.forSchema('long');

export class ContainerWriter {
  readonly #file: FileHandle;
  readonly #sync = randomBytes(SYNC_BYTES);
  readonly #hash = createHash('sha256');
  #block: Uint8Array[] = [];
  #blockBytes = 0;
  /** Records written. */
  records = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws what the file system throws, also where the file is there already. */
  static async create(path: string): Promise<ContainerWriter> {
    const writer = new ContainerWriter(await open(path, 'wx'));
    const metadata = { 'avro.schema': Buffer.from(ARCHIVED_RECORD_SCHEMA), 'avro.codec': Buffer.from('deflate') };
    await writer.#write(Buffer.concat([MAGIC, metadataType.toBuffer(metadata), writer.#sync]));
    return writer;
  }

  /** @returns the record, Avro-encoded. */
  async append(record: ArchivedRecord): Promise<Uint8Array> {
    const datum = archivedRecordType.toBuffer(record);
    this.#block.push(datum);
    this.#blockBytes += datum.length;
    this.records += 1;
    if (this.#blockBytes >= BLOCK_BYTES) await this.#flush();
    return datum;
  }

  /** @returns SHA-256 of the file, hexadecimal. */
  async close(): Promise<string> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    return this.#hash.digest('hex');
  }

  async #flush(): Promise<void> {
    if (this.#block.length === 0) return;
    const body = await compress(Buffer.concat(this.#block));
    const head = Buffer.concat([longType.toBuffer(this.#block.length), longType.toBuffer(body.length)]);
    this.#block = [];
    this.#blockBytes = 0;
    await this.#write(Buffer.concat([head, body, this.#sync]));
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.write(bytes);
  }
}

/** Every record of a container file, in order. @throws Error when the file is cut or is none of them. */
export async function* readContainer(path: string): AsyncGenerator<ArchivedRecord> {
  const decoder = avro.createFileDecoder(path, { parseHook: () => archivedRecordType });
  for await (const record of decoder) yield record as ArchivedRecord;
}

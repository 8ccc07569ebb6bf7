/** Snappy, plain or in the blocks of Java's library, as Kafka writes it. Reading only. Source: Snappy's format description. */

import { Output } from './lz4.ts';

const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version, least compatible version. */
const JAVA_HEADER_BYTES = 16;

/** @throws RangeError where the bytes are no whole Snappy data. */
export function readSnappy(data: Buffer): Buffer {
  if (!data.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return readBlock(data);
  const blocks: Buffer[] = [];
  for (let at = JAVA_HEADER_BYTES; at < data.length; ) {
    const length = data.readUInt32BE(at);
    blocks.push(readBlock(data.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

function readBlock(block: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block.readUInt8(at);
    at += 1;
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const output = new Output(size);
  while (at < block.length) {
    const tag = block.readUInt8(at);
    at += 1;
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0: {
        const extra = upper < 60 ? 0 : upper - 59;
        const length = (extra === 0 ? upper : block.readUIntLE(at, extra)) + 1;
        at += extra;
        output.append(block.subarray(at, at + length));
        at += length;
        break;
      }
      case 1:
        output.repeat(((tag >> 5) << 8) + block.readUInt8(at), (upper & 7) + 4);
        at += 1;
        break;
      case 2:
        output.repeat(block.readUInt16LE(at), upper + 1);
        at += 2;
        break;
      default:
        output.repeat(block.readUInt32LE(at), upper + 1);
        at += 4;
    }
  }
  if (output.bytes().length !== size) throw new RangeError('Snappy data of another length than it says');
  return output.bytes();
}

/** LZ4 frames, as Kafka writes them. Reading only. Source: the LZ4 frame and block formats. */

const MAGIC = 0x184d2204;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;
const NOT_COMPRESSED = 0x8000_0000;
/** The shortest match is this much longer than its number says. */
const LEAST_MATCH = 4;

/** @throws RangeError where the bytes are no whole LZ4 frame. */
export function readLz4Frame(frame: Buffer): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = frame.readUInt8(4);
  // Magic, flags, block size, then what the flags announce, then the header's checksum.
  let at = 6 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY) === 0 ? 0 : 4) + 1;
  const output = new Output(frame.length * 4);
  for (;;) {
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) return output.bytes();
    const length = word % NOT_COMPRESSED;
    const block = frame.subarray(at, at + length);
    if (block.length < length) throw new RangeError('an LZ4 block ends early');
    if (word >= NOT_COMPRESSED) output.append(block);
    else readBlock(block, output);
    at += length + ((flags & BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
}

function readBlock(block: Buffer, output: Output): void {
  let at = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (;;) {
      const more = block.readUInt8(at);
      at += 1;
      length += more;
      if (more !== 255) return length;
    }
  };
  while (at < block.length) {
    const token = block.readUInt8(at);
    at += 1;
    const literals = lengthFrom(token >> 4);
    output.append(block.subarray(at, at + literals));
    at += literals;
    // The last sequence has literals alone.
    if (at >= block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    output.repeat(distance, lengthFrom(token & 15) + LEAST_MATCH);
  }
}

/** What was read so far; matches point back into it, also across blocks. */
export class Output {
  #buffer: Buffer;
  #length = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(size, 64));
  }

  append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  /** Appends bytes that stand `distance` before the end; they may overlap with what is appended. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length) throw new RangeError('a match points before the beginning');
    this.#reserve(length);
    const from = this.#length - distance;
    for (let done = 0; done < length; ) {
      const some = Math.min(length - done, distance + done);
      this.#buffer.copy(this.#buffer, this.#length + done, from, from + some);
      done += some;
    }
    this.#length += length;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

/** Unpacks a zip file (stored or deflated entries, no zip64) into a folder; entries that would leave it are refused. */
export function unzip(file, folder) {
  const bytes = readFileSync(file);
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== endOfDirectory) end--;
  if (end < 0) throw new Error(`${file} is not a zip file`);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== directoryEntry) throw new Error(`${file} has a broken directory`);
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const target = resolve(folder, name);
    if (!target.startsWith(resolve(folder) + sep)) throw new Error(`${file} has an entry outside its folder`);
    if (name.endsWith('/')) continue;
    const content = bytes.subarray(start, start + size);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, method === 0 ? content : inflateRawSync(content));
  }
}

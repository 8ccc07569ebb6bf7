/** Roughly how much memory a value takes, by its texts and numbers. Pure. */

const POINTER_BYTES = 8;
const OBJECT_BYTES = 24;

export function byteSizeOf(value: unknown): number {
  if (typeof value === 'string') return OBJECT_BYTES + 2 * value.length;
  if (typeof value === 'bigint') return OBJECT_BYTES;
  if (typeof value !== 'object' || value === null) return POINTER_BYTES;
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  for (const part of value instanceof Map ? [...value].flat() : Object.values(value)) {
    bytes += POINTER_BYTES + byteSizeOf(part);
  }
  return bytes;
}

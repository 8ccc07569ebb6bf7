/** Roughly how much memory a value takes, by its texts and numbers. Pure. */

const POINTER_BYTES = 8;
const OBJECT_BYTES = 24;

export function byteSizeOf(value: unknown): number {
  if (typeof value === 'string') return OBJECT_BYTES + 2 * value.length;
  if (typeof value === 'bigint') return OBJECT_BYTES;
  if (typeof value !== 'object' || value === null) return POINTER_BYTES;
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength;
  if (value instanceof Map) return byteSizeOf([...value].flat());
  let bytes = OBJECT_BYTES;
  // Every answer is measured: Object.values would copy each of its rows.
  for (const key in value) bytes += POINTER_BYTES + byteSizeOf((value as Readonly<Record<string, unknown>>)[key]);
  return bytes;
}

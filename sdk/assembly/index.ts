import { BATCH_HASHES, ENDS, INPUT, INPUT_BYTES, OUTPUT } from './memory';

export { hashMessages } from './messages';
export { hashPairs } from './pairs';

/** Where the host writes nodes and messages. */
export function input(): usize {
  return INPUT;
}

/** Where the host writes the ends of messages. */
export function ends(): usize {
  return ENDS;
}

/** Where the host finds the hashes. */
export function output(): usize {
  return OUTPUT;
}

/** Input bytes that fit one call. */
export function inputBytes(): i32 {
  return INPUT_BYTES;
}

/** Hashes that fit one call. */
export function capacity(): i32 {
  return BATCH_HASHES;
}

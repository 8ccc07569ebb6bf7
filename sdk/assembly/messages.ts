import {
  ENDS,
  INPUT,
  OUTPUT,
  SINGLE_STATE,
  SINGLE_STRIDE,
  STATE_WORDS,
  storeHash,
  TWIN_STATES,
  TWIN_STRIDE,
} from './memory';
import { permuteStates } from './permutation';

const RATE_BYTES: i32 = 136;

/**
 * Eight bytes of a message whose `left` bytes start at `at`, padded: 0x01 follows the last byte, then zeros. Bytes that
 * are not the message's own are masked away.
 */
function paddedWord(at: usize, left: i32): u64 {
  if (left >= 8) return load<u64>(at);
  if (left < 0) return 0;
  const bits = <u64>(8 * left);
  const end = (<u64>1) << bits;
  return (load<u64>(at) & (end - 1)) | end;
}

/** Whether the last bytes of a message, `left` of them and perhaps none, are in this block. */
function isLastBlock(left: i32): bool {
  return left >= 0 && left < RATE_BYTES;
}

/** XORs the block at `at` into a state; `left` bytes of its message are still to come, fewer than 0 when it is over. */
function absorb(state: usize, stride: usize, at: usize, left: i32): void {
  let word = state;
  for (let offset = 0; offset < RATE_BYTES; offset += 8) {
    store<u64>(word, load<u64>(word) ^ paddedWord(at + offset, left - offset));
    word += stride;
  }
  if (isLastBlock(left)) {
    word -= stride;
    store<u64>(word, load<u64>(word) ^ ((<u64>1) << 63));
  }
}

/** Keccak-256 of `count` messages, end to end in INPUT, message i ending at u32 ENDS[i], to OUTPUT. */
export function hashMessages(count: i32): void {
  let at = INPUT;
  for (let i = 0; i < count; i += 3) {
    const ends = ENDS + 4 * i;
    const second = INPUT + load<u32>(ends);
    // Lengths of messages that are not there stay below 0: nothing is absorbed or stored for them.
    const third = i + 1 < count ? INPUT + load<u32>(ends, 4) : second - 1;
    const end = i + 2 < count ? INPUT + load<u32>(ends, 8) : third - 1;
    hashThree(at, second, third, end, OUTPUT + 32 * i);
    at = end;
  }
}

/** Three messages in step, a block of each at a time; a hash is taken when its own message is through. */
function hashThree(first: usize, second: usize, third: usize, end: usize, hash: usize): void {
  let firstLeft = <i32>(second - first);
  let secondLeft = <i32>(third - second);
  let thirdLeft = <i32>(end - third);
  memory.fill(TWIN_STATES, 0, STATE_WORDS * TWIN_STRIDE);
  memory.fill(SINGLE_STATE, 0, STATE_WORDS * SINGLE_STRIDE);
  while (firstLeft >= 0 || secondLeft >= 0 || thirdLeft >= 0) {
    absorb(TWIN_STATES, TWIN_STRIDE, first, firstLeft);
    absorb(TWIN_STATES + 8, TWIN_STRIDE, second, secondLeft);
    absorb(SINGLE_STATE, SINGLE_STRIDE, third, thirdLeft);
    permuteStates();
    if (isLastBlock(firstLeft)) storeHash(TWIN_STATES, TWIN_STRIDE, hash);
    if (isLastBlock(secondLeft)) storeHash(TWIN_STATES + 8, TWIN_STRIDE, hash + 32);
    if (isLastBlock(thirdLeft)) storeHash(SINGLE_STATE, SINGLE_STRIDE, hash + 64);
    first += RATE_BYTES;
    second += RATE_BYTES;
    third += RATE_BYTES;
    firstLeft -= RATE_BYTES;
    secondLeft -= RATE_BYTES;
    thirdLeft -= RATE_BYTES;
  }
}

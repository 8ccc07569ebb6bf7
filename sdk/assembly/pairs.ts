import { INPUT, OUTPUT, SINGLE_STATE, SINGLE_STRIDE, storeHash, TWIN_STATES, TWIN_STRIDE } from './memory';
import { permuteStates } from './permutation';

const NODE_BYTES: usize = 32;
const PAIR_BYTES: usize = 64;

/** Whether the node at `a` sorts after the one at `b`, by byte order. */
function isAfter(a: usize, b: usize): bool {
  for (let word: usize = 0; word < NODE_BYTES; word += 8) {
    const left = bswap(load<u64>(a + word));
    const right = bswap(load<u64>(b + word));
    if (left !== right) return left > right;
  }
  return false;
}

/** Fills a state with a pair in byte order: 64 bytes of 136, then the padding, 0x01 first and the last bit last. */
function loadPair(state: usize, stride: usize, pair: usize): void {
  const swap: usize = isAfter(pair, pair + NODE_BYTES) ? NODE_BYTES : 0;
  for (let word: usize = 0; word < 8; word++) {
    store<u64>(state + word * stride, load<u64>(pair + ((word * 8) ^ swap)));
  }
  store<u64>(state + 8 * stride, 1);
  for (let word: usize = 9; word < 25; word++) store<u64>(state + word * stride, 0);
  store<u64>(state + 16 * stride, (<u64>1) << 63);
}

/** Keccak-256 of each of `count` pairs of 32-byte nodes in INPUT, each put in byte order first, to OUTPUT. */
export function hashPairs(count: i32): void {
  let pair = INPUT;
  let hash = OUTPUT;
  // The last three may hash what lies behind the pairs: there is room, and nobody reads the result.
  for (let i = 0; i < count; i += 3) {
    loadPair(TWIN_STATES, TWIN_STRIDE, pair);
    loadPair(TWIN_STATES + 8, TWIN_STRIDE, pair + PAIR_BYTES);
    loadPair(SINGLE_STATE, SINGLE_STRIDE, pair + 2 * PAIR_BYTES);
    permuteStates();
    storeHash(TWIN_STATES, TWIN_STRIDE, hash);
    storeHash(TWIN_STATES + 8, TWIN_STRIDE, hash + NODE_BYTES);
    storeHash(SINGLE_STATE, SINGLE_STRIDE, hash + 2 * NODE_BYTES);
    pair += 3 * PAIR_BYTES;
    hash += 3 * NODE_BYTES;
  }
}

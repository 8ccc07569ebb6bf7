/** Hashes a call, a multiple of the three that are made at once; src/keccak/wasm-kernel.ts asks for it. */
export const BATCH_HASHES: i32 = 4098;
export const INPUT_BYTES: i32 = BATCH_HASHES * 64;

export const STATE_WORDS: usize = 25;
/** Two Keccak states side by side: 128-bit words, the low half of each belongs to the first state. */
export const TWIN_STATES: usize = memory.data(25 * 16, 16);
/** The third state: 64-bit words. */
export const SINGLE_STATE: usize = memory.data(25 * 8, 16);
/** Pairs of nodes, or messages end to end; 8 bytes to spare, because messages are read by whole words. */
export const INPUT: usize = memory.data(INPUT_BYTES + 8, 16);
/** The end of each message, u32. */
export const ENDS: usize = memory.data(BATCH_HASHES * 4, 16);
export const OUTPUT: usize = memory.data(BATCH_HASHES * 32, 16);

/** Bytes between the words of a state. */
export const TWIN_STRIDE: usize = 16;
export const SINGLE_STRIDE: usize = 8;

/** Writes the hash that a state has come to: its first 32 bytes. */
export function storeHash(state: usize, stride: usize, hash: usize): void {
  for (let word = 0; word < 4; word++) {
    store<u64>(hash, load<u64>(state));
    hash += 8;
    state += stride;
  }
}

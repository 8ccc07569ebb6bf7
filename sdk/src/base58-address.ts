const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const ADDRESS_BYTES = 32;
const MIN_DIGITS = 32;
const MAX_DIGITS = 44;
const ZERO_DIGIT = ALPHABET.charCodeAt(0);
const NO_DIGIT = 0xff;
const DIGIT_OF_CODE = new Uint8Array(128).fill(NO_DIGIT);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGIT_OF_CODE[ALPHABET.charCodeAt(digit)] = digit;

// 24-bit limbs times four digits (58^4 < 2^24) stay exact in a double.
const LIMB = 2 ** 24;
const LIMB_COUNT = 11;
const DIGITS_AT_ONCE = 4;
const limbs = new Float64Array(LIMB_COUNT);

/**
 * Decodes a base58 address straight to `out[offset..offset + 32]`, with no object made: trees of millions of claims
 * spend more on this than on hashing otherwise.
 * @returns false, with `out` in any state, when the text is not the base58 form of exactly 32 bytes.
 */
export function decodeBase58Address(text: string, out: Uint8Array, offset: number): boolean {
  if (text.length < MIN_DIGITS || text.length > MAX_DIGITS) return false;
  let used = 0;
  let at = 0;
  let stop = text.length % DIGITS_AT_ONCE || DIGITS_AT_ONCE;
  while (at < text.length) {
    let carry = 0;
    let factor = 1;
    for (; at < stop; at++) {
      const digit = DIGIT_OF_CODE[text.charCodeAt(at)] ?? NO_DIGIT;
      if (digit === NO_DIGIT) return false;
      carry = carry * 58 + digit;
      factor *= 58;
    }
    stop += DIGITS_AT_ONCE;
    for (let i = 0; i < used; i++) {
      const value = (limbs[i] as number) * factor + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry > 0) {
      if (used === LIMB_COUNT) return false;
      limbs[used++] = carry;
    }
  }
  limbs.fill(0, used);
  return writeLimbs(out, offset) && hasOneDigitForEachLeadingZero(text, out, offset);
}

function writeLimbs(out: Uint8Array, offset: number): boolean {
  let to = offset + ADDRESS_BYTES - 1;
  for (let i = 0; i < LIMB_COUNT - 1; i++) {
    const limb = limbs[i] as number;
    out[to--] = limb;
    out[to--] = limb >> 8;
    out[to--] = limb >> 16;
  }
  const top = limbs[LIMB_COUNT - 1] as number;
  out[to--] = top;
  out[to] = top >> 8;
  return top < 2 ** 16;
}

function hasOneDigitForEachLeadingZero(text: string, out: Uint8Array, offset: number): boolean {
  let zeros = 0;
  while (zeros < ADDRESS_BYTES && out[offset + zeros] === 0) zeros++;
  for (let i = 0; i < zeros; i++) if (text.charCodeAt(i) !== ZERO_DIGIT) return false;
  return text.length === zeros || text.charCodeAt(zeros) !== ZERO_DIGIT;
}

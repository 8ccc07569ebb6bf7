import { SINGLE_STATE, TWIN_STATES } from './memory';

/** Round constants of Keccak-f[1600]: FIPS 202, 3.2.5. */
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
const ROUNDS_BYTES: usize = 24 * 8;

/** Rotates both 64-bit halves left. */
function rol(words: v128, bits: i32): v128 {
  return v128.or(i64x2.shl(words, bits), i64x2.shr_u(words, 64 - bits));
}

/** XOR of the five words of a column. */
function column(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), e);
}

/** The non-linear step: a XOR (NOT b AND c). */
function chi(a: v128, b: v128, c: v128): v128 {
  return v128.xor(a, v128.andnot(c, b));
}

/** As {@link chi}, for one word. */
function singleChi(a: u64, b: u64, c: u64): u64 {
  return a ^ (~b & c);
}

/**
 * Keccak-f[1600] on three states at once: two side by side in 128-bit words (a, then b, c and d by the steps of FIPS 202)
 * and a third in 64-bit words (sa to sd), which run in units of the processor that the wide ones leave idle. The two
 * alternate row by row to keep both busy. Word x + 5y stays in a local from the first round to the last; the rounds
 * are a loop because unrolled code is larger and hardly faster.
 */
export function permuteStates(): void {
  let a0 = v128.load(TWIN_STATES, 0);
  let a1 = v128.load(TWIN_STATES, 16);
  let a2 = v128.load(TWIN_STATES, 32);
  let a3 = v128.load(TWIN_STATES, 48);
  let a4 = v128.load(TWIN_STATES, 64);
  let a5 = v128.load(TWIN_STATES, 80);
  let a6 = v128.load(TWIN_STATES, 96);
  let a7 = v128.load(TWIN_STATES, 112);
  let a8 = v128.load(TWIN_STATES, 128);
  let a9 = v128.load(TWIN_STATES, 144);
  let a10 = v128.load(TWIN_STATES, 160);
  let a11 = v128.load(TWIN_STATES, 176);
  let a12 = v128.load(TWIN_STATES, 192);
  let a13 = v128.load(TWIN_STATES, 208);
  let a14 = v128.load(TWIN_STATES, 224);
  let a15 = v128.load(TWIN_STATES, 240);
  let a16 = v128.load(TWIN_STATES, 256);
  let a17 = v128.load(TWIN_STATES, 272);
  let a18 = v128.load(TWIN_STATES, 288);
  let a19 = v128.load(TWIN_STATES, 304);
  let a20 = v128.load(TWIN_STATES, 320);
  let a21 = v128.load(TWIN_STATES, 336);
  let a22 = v128.load(TWIN_STATES, 352);
  let a23 = v128.load(TWIN_STATES, 368);
  let a24 = v128.load(TWIN_STATES, 384);
  let sa0 = load<u64>(SINGLE_STATE, 0);
  let sa1 = load<u64>(SINGLE_STATE, 8);
  let sa2 = load<u64>(SINGLE_STATE, 16);
  let sa3 = load<u64>(SINGLE_STATE, 24);
  let sa4 = load<u64>(SINGLE_STATE, 32);
  let sa5 = load<u64>(SINGLE_STATE, 40);
  let sa6 = load<u64>(SINGLE_STATE, 48);
  let sa7 = load<u64>(SINGLE_STATE, 56);
  let sa8 = load<u64>(SINGLE_STATE, 64);
  let sa9 = load<u64>(SINGLE_STATE, 72);
  let sa10 = load<u64>(SINGLE_STATE, 80);
  let sa11 = load<u64>(SINGLE_STATE, 88);
  let sa12 = load<u64>(SINGLE_STATE, 96);
  let sa13 = load<u64>(SINGLE_STATE, 104);
  let sa14 = load<u64>(SINGLE_STATE, 112);
  let sa15 = load<u64>(SINGLE_STATE, 120);
  let sa16 = load<u64>(SINGLE_STATE, 128);
  let sa17 = load<u64>(SINGLE_STATE, 136);
  let sa18 = load<u64>(SINGLE_STATE, 144);
  let sa19 = load<u64>(SINGLE_STATE, 152);
  let sa20 = load<u64>(SINGLE_STATE, 160);
  let sa21 = load<u64>(SINGLE_STATE, 168);
  let sa22 = load<u64>(SINGLE_STATE, 176);
  let sa23 = load<u64>(SINGLE_STATE, 184);
  let sa24 = load<u64>(SINGLE_STATE, 192);

  const end = ROUND_CONSTANTS + ROUNDS_BYTES;
  for (let constant = ROUND_CONSTANTS; constant < end; constant += 8) {
    // theta
    const c0 = column(a0, a5, a10, a15, a20);
    const c1 = column(a1, a6, a11, a16, a21);
    const c2 = column(a2, a7, a12, a17, a22);
    const c3 = column(a3, a8, a13, a18, a23);
    const c4 = column(a4, a9, a14, a19, a24);
    const sc0 = sa0 ^ sa5 ^ sa10 ^ sa15 ^ sa20;
    const sc1 = sa1 ^ sa6 ^ sa11 ^ sa16 ^ sa21;
    const sc2 = sa2 ^ sa7 ^ sa12 ^ sa17 ^ sa22;
    const sc3 = sa3 ^ sa8 ^ sa13 ^ sa18 ^ sa23;
    const sc4 = sa4 ^ sa9 ^ sa14 ^ sa19 ^ sa24;
    const d0 = v128.xor(c4, rol(c1, 1));
    const d1 = v128.xor(c0, rol(c2, 1));
    const d2 = v128.xor(c1, rol(c3, 1));
    const d3 = v128.xor(c2, rol(c4, 1));
    const d4 = v128.xor(c3, rol(c0, 1));
    const sd0 = sc4 ^ rotl<u64>(sc1, 1);
    const sd1 = sc0 ^ rotl<u64>(sc2, 1);
    const sd2 = sc1 ^ rotl<u64>(sc3, 1);
    const sd3 = sc2 ^ rotl<u64>(sc4, 1);
    const sd4 = sc3 ^ rotl<u64>(sc0, 1);

    // rho and pi
    const b0 = v128.xor(a0, d0);
    const b1 = rol(v128.xor(a6, d1), 44);
    const b2 = rol(v128.xor(a12, d2), 43);
    const b3 = rol(v128.xor(a18, d3), 21);
    const b4 = rol(v128.xor(a24, d4), 14);
    const sb0 = sa0 ^ sd0;
    const sb1 = rotl<u64>(sa6 ^ sd1, 44);
    const sb2 = rotl<u64>(sa12 ^ sd2, 43);
    const sb3 = rotl<u64>(sa18 ^ sd3, 21);
    const sb4 = rotl<u64>(sa24 ^ sd4, 14);
    const b5 = rol(v128.xor(a3, d3), 28);
    const b6 = rol(v128.xor(a9, d4), 20);
    const b7 = rol(v128.xor(a10, d0), 3);
    const b8 = rol(v128.xor(a16, d1), 45);
    const b9 = rol(v128.xor(a22, d2), 61);
    const sb5 = rotl<u64>(sa3 ^ sd3, 28);
    const sb6 = rotl<u64>(sa9 ^ sd4, 20);
    const sb7 = rotl<u64>(sa10 ^ sd0, 3);
    const sb8 = rotl<u64>(sa16 ^ sd1, 45);
    const sb9 = rotl<u64>(sa22 ^ sd2, 61);
    const b10 = rol(v128.xor(a1, d1), 1);
    const b11 = rol(v128.xor(a7, d2), 6);
    const b12 = rol(v128.xor(a13, d3), 25);
    const b13 = rol(v128.xor(a19, d4), 8);
    const b14 = rol(v128.xor(a20, d0), 18);
    const sb10 = rotl<u64>(sa1 ^ sd1, 1);
    const sb11 = rotl<u64>(sa7 ^ sd2, 6);
    const sb12 = rotl<u64>(sa13 ^ sd3, 25);
    const sb13 = rotl<u64>(sa19 ^ sd4, 8);
    const sb14 = rotl<u64>(sa20 ^ sd0, 18);
    const b15 = rol(v128.xor(a4, d4), 27);
    const b16 = rol(v128.xor(a5, d0), 36);
    const b17 = rol(v128.xor(a11, d1), 10);
    const b18 = rol(v128.xor(a17, d2), 15);
    const b19 = rol(v128.xor(a23, d3), 56);
    const sb15 = rotl<u64>(sa4 ^ sd4, 27);
    const sb16 = rotl<u64>(sa5 ^ sd0, 36);
    const sb17 = rotl<u64>(sa11 ^ sd1, 10);
    const sb18 = rotl<u64>(sa17 ^ sd2, 15);
    const sb19 = rotl<u64>(sa23 ^ sd3, 56);
    const b20 = rol(v128.xor(a2, d2), 62);
    const b21 = rol(v128.xor(a8, d3), 55);
    const b22 = rol(v128.xor(a14, d4), 39);
    const b23 = rol(v128.xor(a15, d0), 41);
    const b24 = rol(v128.xor(a21, d1), 2);
    const sb20 = rotl<u64>(sa2 ^ sd2, 62);
    const sb21 = rotl<u64>(sa8 ^ sd3, 55);
    const sb22 = rotl<u64>(sa14 ^ sd4, 39);
    const sb23 = rotl<u64>(sa15 ^ sd0, 41);
    const sb24 = rotl<u64>(sa21 ^ sd1, 2);

    // chi and iota
    a0 = v128.xor(chi(b0, b1, b2), v128.load64_splat(constant));
    a1 = chi(b1, b2, b3);
    a2 = chi(b2, b3, b4);
    a3 = chi(b3, b4, b0);
    a4 = chi(b4, b0, b1);
    sa0 = singleChi(sb0, sb1, sb2) ^ load<u64>(constant);
    sa1 = singleChi(sb1, sb2, sb3);
    sa2 = singleChi(sb2, sb3, sb4);
    sa3 = singleChi(sb3, sb4, sb0);
    sa4 = singleChi(sb4, sb0, sb1);
    a5 = chi(b5, b6, b7);
    a6 = chi(b6, b7, b8);
    a7 = chi(b7, b8, b9);
    a8 = chi(b8, b9, b5);
    a9 = chi(b9, b5, b6);
    sa5 = singleChi(sb5, sb6, sb7);
    sa6 = singleChi(sb6, sb7, sb8);
    sa7 = singleChi(sb7, sb8, sb9);
    sa8 = singleChi(sb8, sb9, sb5);
    sa9 = singleChi(sb9, sb5, sb6);
    a10 = chi(b10, b11, b12);
    a11 = chi(b11, b12, b13);
    a12 = chi(b12, b13, b14);
    a13 = chi(b13, b14, b10);
    a14 = chi(b14, b10, b11);
    sa10 = singleChi(sb10, sb11, sb12);
    sa11 = singleChi(sb11, sb12, sb13);
    sa12 = singleChi(sb12, sb13, sb14);
    sa13 = singleChi(sb13, sb14, sb10);
    sa14 = singleChi(sb14, sb10, sb11);
    a15 = chi(b15, b16, b17);
    a16 = chi(b16, b17, b18);
    a17 = chi(b17, b18, b19);
    a18 = chi(b18, b19, b15);
    a19 = chi(b19, b15, b16);
    sa15 = singleChi(sb15, sb16, sb17);
    sa16 = singleChi(sb16, sb17, sb18);
    sa17 = singleChi(sb17, sb18, sb19);
    sa18 = singleChi(sb18, sb19, sb15);
    sa19 = singleChi(sb19, sb15, sb16);
    a20 = chi(b20, b21, b22);
    a21 = chi(b21, b22, b23);
    a22 = chi(b22, b23, b24);
    a23 = chi(b23, b24, b20);
    a24 = chi(b24, b20, b21);
    sa20 = singleChi(sb20, sb21, sb22);
    sa21 = singleChi(sb21, sb22, sb23);
    sa22 = singleChi(sb22, sb23, sb24);
    sa23 = singleChi(sb23, sb24, sb20);
    sa24 = singleChi(sb24, sb20, sb21);
  }

  v128.store(TWIN_STATES, a0, 0);
  v128.store(TWIN_STATES, a1, 16);
  v128.store(TWIN_STATES, a2, 32);
  v128.store(TWIN_STATES, a3, 48);
  v128.store(TWIN_STATES, a4, 64);
  v128.store(TWIN_STATES, a5, 80);
  v128.store(TWIN_STATES, a6, 96);
  v128.store(TWIN_STATES, a7, 112);
  v128.store(TWIN_STATES, a8, 128);
  v128.store(TWIN_STATES, a9, 144);
  v128.store(TWIN_STATES, a10, 160);
  v128.store(TWIN_STATES, a11, 176);
  v128.store(TWIN_STATES, a12, 192);
  v128.store(TWIN_STATES, a13, 208);
  v128.store(TWIN_STATES, a14, 224);
  v128.store(TWIN_STATES, a15, 240);
  v128.store(TWIN_STATES, a16, 256);
  v128.store(TWIN_STATES, a17, 272);
  v128.store(TWIN_STATES, a18, 288);
  v128.store(TWIN_STATES, a19, 304);
  v128.store(TWIN_STATES, a20, 320);
  v128.store(TWIN_STATES, a21, 336);
  v128.store(TWIN_STATES, a22, 352);
  v128.store(TWIN_STATES, a23, 368);
  v128.store(TWIN_STATES, a24, 384);
  store<u64>(SINGLE_STATE, sa0, 0);
  store<u64>(SINGLE_STATE, sa1, 8);
  store<u64>(SINGLE_STATE, sa2, 16);
  store<u64>(SINGLE_STATE, sa3, 24);
  store<u64>(SINGLE_STATE, sa4, 32);
  store<u64>(SINGLE_STATE, sa5, 40);
  store<u64>(SINGLE_STATE, sa6, 48);
  store<u64>(SINGLE_STATE, sa7, 56);
  store<u64>(SINGLE_STATE, sa8, 64);
  store<u64>(SINGLE_STATE, sa9, 72);
  store<u64>(SINGLE_STATE, sa10, 80);
  store<u64>(SINGLE_STATE, sa11, 88);
  store<u64>(SINGLE_STATE, sa12, 96);
  store<u64>(SINGLE_STATE, sa13, 104);
  store<u64>(SINGLE_STATE, sa14, 112);
  store<u64>(SINGLE_STATE, sa15, 120);
  store<u64>(SINGLE_STATE, sa16, 128);
  store<u64>(SINGLE_STATE, sa17, 136);
  store<u64>(SINGLE_STATE, sa18, 144);
  store<u64>(SINGLE_STATE, sa19, 152);
  store<u64>(SINGLE_STATE, sa20, 160);
  store<u64>(SINGLE_STATE, sa21, 168);
  store<u64>(SINGLE_STATE, sa22, 176);
  store<u64>(SINGLE_STATE, sa23, 184);
  store<u64>(SINGLE_STATE, sa24, 192);
}

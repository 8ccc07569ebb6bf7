/** The first root of a deployment waits until its number is known to stand above the rings. */

import { describe, expect, it } from '@jest/globals';
import { decodeSurvey, encodeSurvey, NO_EPOCH, type RingSurvey } from '../../../domain/ring-survey.ts';
import { isPerhapsOurs, type NumberingFacts, numberingFault } from './numbering-gate.ts';

const PROGRAM = 'program';
const MINT = 'mint';

/** Slots of 10; the survey is of epoch 40 from the base. */
function survey(newest: Readonly<Record<string, bigint>>, change: Partial<RingSurvey> = {}): RingSurvey {
  const known = { programId: PROGRAM, slot: 400, listed: true, namesEveryMint: true };
  const made = { ...known, newestEpochs: new Map(Object.entries(newest)), ...change };
  return decodeSurvey(encodeSurvey(made)) as RingSurvey;
}

function codeWith(facts: Partial<NumberingFacts>, base = 0n, mint: string | undefined = MINT): string {
  const schedule = { durationSlots: 10, base };
  const all = { hasBegun: false, hasListener: true, survey: undefined, ...facts };
  return numberingFault({ schedule, programId: PROGRAM, mint }, all)?.code ?? 'may be emitted';
}

describe('the first root of a deployment', () => {
  it.each([
    [0n, 1_763_942_401n, 'EPOCH_BASE_TOO_LOW'],
    [500n, 541n, 'EPOCH_BASE_TOO_LOW'],
    [1_763_942_410n, 1_763_942_409n, 'may be emitted'],
    [0n, NO_EPOCH, 'may be emitted'],
    // Numbers that a former run under this base has come to by this slot.
    [500n, 540n, 'may be emitted'],
    [500n, 500n, 'may be emitted'],
  ])('with base %s and epoch %s in a ring: %s', (base, newest, verdict) => {
    expect(codeWith({ survey: survey({ [MINT]: newest, other: 9_000_000_000n }) }, base)).toBe(verdict);
  });

  it('is held while nobody has said what the rings of the mint hold', () => {
    expect(codeWith({})).toBe('EPOCH_BASE_UNCHECKED');
    expect(codeWith({ survey: survey({}, { programId: 'another' }) })).toBe('EPOCH_BASE_UNCHECKED');
    expect(codeWith({ survey: survey({ other: 5n }, { namesEveryMint: false }) })).toBe('EPOCH_BASE_UNCHECKED');
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`mint-${index}`, 5n]));
    expect(codeWith({ survey: survey(many) })).toBe('EPOCH_BASE_UNCHECKED');
  });

  it('is not held where no ring can be that of the deployment, or nobody can list them', () => {
    expect(codeWith({ survey: survey({ other: 9_000_000_000n }) })).toBe('may be emitted');
    expect(codeWith({ survey: survey({}, { listed: false, namesEveryMint: false }) })).toBe('may be emitted');
    expect(codeWith({ hasListener: false })).toBe('may be emitted');
    expect(codeWith({ hasBegun: true })).toBe('may be emitted');
    expect(
      numberingFault(
        { schedule: { durationSlots: 10, base: 0n }, programId: PROGRAM, mint: undefined },
        { hasBegun: false, hasListener: true, survey: undefined },
      ),
    ).toBeUndefined();
  });

  it('is refused with the base to set, and without a way to publish the same claims again', () => {
    const facts = { hasBegun: false, hasListener: true, survey: survey({ [MINT]: 1_763_942_437n }) };
    const fault = numberingFault({ schedule: { durationSlots: 10, base: 0n }, programId: PROGRAM, mint: MINT }, facts);
    expect(fault?.message).toMatch(/holds epoch 1763942437.*set EPOCH_BASE=1763942440 .*go on with its topics/);
  });

  it('says in both refusals of which mint, and what is needed', () => {
    const numbering = { schedule: { durationSlots: 10, base: 0n }, programId: PROGRAM, mint: MINT };
    const facts = { hasBegun: false, hasListener: true, survey: undefined };
    const unchecked = numberingFault(numbering, facts);
    expect(unchecked).toMatchObject({ context: { mint: MINT } });
    expect(unchecked?.message).toMatch(/the rings of mint mint hold.*`ao epoch-base check`.*goes on by itself/);
    expect(numberingFault(numbering, { ...facts, survey: survey({ [MINT]: 77n }) })).toMatchObject({
      context: { mint: MINT, epoch: '77', required: '80' },
    });
  });

  it.each([
    [{ [MINT]: 500n }, true],
    [{ [MINT]: 540n }, true],
    [{ [MINT]: 541n }, false],
    [{ [MINT]: 499n }, false],
    [{ other: 520n }, false],
  ])('may be of a former run by rings with %p: %s', (newest, isOurs) => {
    const numbering = { schedule: { durationSlots: 10, base: 500n }, programId: PROGRAM, mint: MINT };
    expect(isPerhapsOurs(numbering, survey(newest as Record<string, bigint>))).toBe(isOurs);
  });

  it('takes a survey of another release for none', () => {
    for (const text of ['', 'replay:x', '{"v":2}', '{"v":1,"programId":"p","slot":1,"newest":{"m":"x"}}'])
      expect(decodeSurvey(text)).toBeUndefined();
  });
});

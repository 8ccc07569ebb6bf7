import { describe, expect, it } from '@jest/globals';
import { decodeSurvey, encodeSurvey, NO_EPOCH, type RingSurvey } from './ring-survey.ts';

const survey = (changes: Partial<RingSurvey> = {}): RingSurvey => ({
  programId: 'program',
  slot: 77,
  listed: true,
  newestEpochs: new Map([['mint', 881n]]),
  namesEveryMint: true,
  ...changes,
});
const mints = (count: number) => new Map(Array.from({ length: count }, (_, at) => [`mint${at}`, BigInt(at)] as const));
const told = (changes: Partial<RingSurvey>) => decodeSurvey(encodeSurvey(survey(changes)));

describe('what stands in the rings, as one process tells another', () => {
  it.each<[string, Partial<RingSurvey>]>([
    ['all of it', {}],
    ['that nobody can say', { listed: false, namesEveryMint: false, newestEpochs: new Map() }],
    ['that a mint has none', { newestEpochs: new Map([['mint', NO_EPOCH]]) }],
    ['forty mints', { newestEpochs: mints(40) }],
  ])('is read as it was written: %s', (_what, changes) => {
    expect(told(changes)).toEqual(survey(changes));
  });

  it('names the highest of more mints than fit, and says that it does not name them all', () => {
    const read = told({ newestEpochs: mints(41) });
    expect(read?.namesEveryMint).toBe(false);
    expect(read?.newestEpochs).toEqual(new Map([...mints(41)].filter(([, epoch]) => epoch > 0n)));
    expect(encodeSurvey(survey({ newestEpochs: mints(400) })).length).toBeLessThan(4096);
  });

  it('has no epoch below the first one', () => {
    expect(NO_EPOCH).toBeLessThan(0n);
  });

  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['another version', JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), v: 2 })],
    ['a program that is no text', JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), programId: 7 })],
    ['a slot that is no number', JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), slot: '77' })],
    ['no epochs', JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), newest: undefined })],
    ['an epoch that is no number', JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), newest: { mint: 'x' } })],
  ])('is unknown from %s', (_what, metadata) => {
    expect(decodeSurvey(metadata)).toBeUndefined();
  });

  it('takes nothing for true that is not', () => {
    const metadata = JSON.stringify({ ...JSON.parse(encodeSurvey(survey())), listed: 1, every: 'yes' });
    expect(decodeSurvey(metadata)).toMatchObject({ listed: false, namesEveryMint: false });
  });
});

import { describe, expect, it } from '@jest/globals';
import { sightingsOf, verdictsOf } from './receipt-verdicts.ts';

const said = (listener: string, offset: string, takenBack = false) => ({ listener, takenBack, offset });

describe('what listeners say of a publication', () => {
  it('names those that stand by it, in order, with where the stream has it', () => {
    expect(sightingsOf(['south'], [said('west', '9', true), said('north', '12'), said('south', '7')])).toEqual([
      { listener: 'north', streamOffset: 12n },
      { listener: 'south', streamOffset: 7n },
    ]);
  });

  it('names one that vouches once, and without a place where none is kept', () => {
    expect(sightingsOf(['north', 'north'], [said('north', '5', true)])).toEqual([
      { listener: 'north', streamOffset: null },
    ]);
  });

  it('gives a verdict for each endpoint, by listener, endpoint and method', () => {
    const by = (listener: string, endpoint: string, method = 'walk') => ({ listener, endpoint, method });
    const proofs = [
      by('south', 'a'),
      by('north', 'b'),
      by('north', 'a', 'walk'),
      by('north', 'a', 'blocks'),
      by('west', 'a'),
    ];
    const verdicts = verdictsOf(['north'], [said('north', '1'), said('south', '2', true)], proofs);
    expect(verdicts).toEqual([
      { ...by('north', 'a', 'blocks'), verdict: 'SEEN' },
      { ...by('north', 'a', 'walk'), verdict: 'SEEN' },
      { ...by('north', 'b'), verdict: 'SEEN' },
      { ...by('south', 'a'), verdict: 'TAKEN_BACK' },
      { ...by('west', 'a'), verdict: 'NOT_SEEN' },
    ]);
  });

  it('does not know what a listener saw where nothing was kept', () => {
    const proof = { listener: 'west', endpoint: 'a', method: 'walk' };
    expect(verdictsOf(['north'], [], [proof])).toEqual([{ ...proof, verdict: 'UNKNOWN' }]);
  });
});

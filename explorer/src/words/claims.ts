/** What became of a claim, in words. Pure. */

import type { ClaimStatus } from '../operations.generated.ts';
import type { Said } from './settlement.ts';

const SAID: Readonly<Record<ClaimStatus, Said>> = {
  PENDING: { word: 'pending', meaning: 'Seen; its epoch is open.', tone: 'under-way' },
  INCLUDED: { word: 'included', meaning: 'A leaf of a finalised root.', tone: 'under-way' },
  SETTLED: { word: 'settled', meaning: 'A leaf of a root that is final on chain.', tone: 'good' },
  RETRACTED: { word: 'taken back', meaning: 'The chain rolled it back before it was final.', tone: 'bad' },
  LATE: { word: 'late', meaning: 'It came after its epoch was finalised.', tone: 'bad' },
  UNPROVEN: { word: 'unproven', meaning: 'Nobody has proven it final, so it is not counted.', tone: 'uncertain' },
};

export function claimSaid(status: ClaimStatus): Said {
  return (
    SAID[status] ?? {
      word: String(status).toLowerCase(),
      meaning: 'This page does not know the status.',
      tone: 'uncertain',
    }
  );
}

import { describe, expect, it } from '@jest/globals';
import { classifyFailure } from './transaction-failure.ts';

const custom = (index: number, code: number) =>
  classifyFailure({ InstructionError: [index, { Custom: code }] }, 3, 'legacy');

describe('classifyFailure', () => {
  it('holds every root when the signer or the protocol is the cause', () => {
    expect(custom(2, 6000)).toMatchObject({ action: 'hold', rootIndex: undefined, reason: { code: 'UNAUTHORIZED' } });
    expect(custom(3, 6005)).toMatchObject({
      action: 'hold',
      rootIndex: undefined,
      reason: { code: 'PROTOCOL_PAUSED' },
    });
  });

  it('has the account read again when an epoch is not increasing, for that root only', () => {
    expect(custom(4, 6023)).toMatchObject({
      action: 'recheck',
      rootIndex: 2,
      reason: { code: 'EPOCH_NOT_INCREASING' },
    });
  });

  it('holds the root that the program refuses for another reason', () => {
    expect(custom(3, 6011)).toMatchObject({ action: 'hold', rootIndex: 1, reason: { code: 'INVALID_INPUT_LENGTH' } });
    expect(custom(3, 7777)).toMatchObject({ action: 'hold', rootIndex: 1, reason: { code: 'PROGRAM_7777' } });
  });

  it.each(['InsufficientFundsForFee', 'AccountNotFound', { InsufficientFundsForRent: { account_index: 0 } }])(
    'knows that the payer has no money from %j',
    (error) => {
      expect(classifyFailure(error, 3, 'legacy')).toMatchObject({
        action: 'hold',
        reason: { code: 'INSUFFICIENT_FUNDS' },
      });
    },
  );

  it('knows that the payer cannot pay the rent of a new account', () => {
    expect(custom(2, 1)).toMatchObject({
      action: 'hold',
      rootIndex: undefined,
      reason: { code: 'INSUFFICIENT_FUNDS' },
    });
  });

  it.each(['BlockhashNotFound', 'AccountInUse', 'WouldExceedMaxBlockCostLimit'])('tries again after %s', (error) => {
    expect(classifyFailure(error, 3, 'legacy').action).toBe('retry');
  });

  it('tries again with a new compute limit', () => {
    const failure = classifyFailure({ InstructionError: [2, 'ComputationalBudgetExceeded'] }, 3, 'legacy');
    expect(failure).toMatchObject({ action: 'retry', reason: { code: 'COMPUTE_EXCEEDED' } });
  });

  it('holds what nobody knows, with the answer as it came', () => {
    expect(classifyFailure({ Novelty: 3 }, 3, 'legacy')).toMatchObject({
      action: 'hold',
      reason: { code: 'TRANSACTION_REFUSED', text: expect.stringContaining('{"Novelty":3}') },
    });
  });
});

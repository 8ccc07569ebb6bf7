import { describe, expect, it } from '@jest/globals';
import { PROGRAM_ERRORS, programErrorByCode, programErrorFrom } from './program-errors.ts';

describe('program errors', () => {
  it('are 6000 to 6025, in order, each with a meaning and advice', () => {
    expect(PROGRAM_ERRORS.map(({ code }) => code)).toEqual(Array.from({ length: 26 }, (_, i) => 6000 + i));
    expect(PROGRAM_ERRORS.every(({ meaning, whatToDo }) => meaning.length > 10 && whatToDo.length > 10)).toBe(true);
    expect(new Set(PROGRAM_ERRORS.map(({ name }) => name)).size).toBe(26);
  });

  it.each([
    [6000, 'Unauthorized'],
    [6005, 'ProtocolPaused'],
    [6006, 'AlreadyClaimed'],
    [6009, 'InvalidIndex'],
    [6017, 'SlotMismatch'],
    [6023, 'EpochNotIncreasing'],
    [6025, 'InvalidPubkey'],
  ])('calls %i %s', (code, name) => {
    expect(programErrorByCode(code)?.name).toBe(name);
  });

  it.each([
    ['a transaction error', { InstructionError: [2, { Custom: 6023 }] }, 'EpochNotIncreasing', 2],
    ['a status', { err: { InstructionError: [0, { Custom: 6006 }] } }, 'AlreadyClaimed', 0],
    ['log lines', ['Program log: x', 'Program P failed: custom program error: 0x1777'], 'InvalidProof', null],
    ['a thrown error with logs', { message: 'failed', logs: ['custom program error: 0x1770'] }, 'Unauthorized', null],
    ['a message', 'custom program error: 0x1775', 'ProtocolPaused', null],
  ])('are found in %s', (_, failure, name, instructionIndex) => {
    expect(programErrorFrom(failure)).toMatchObject({ name, instructionIndex });
  });

  it.each([
    ['success', null],
    ['another kind of error', 'AccountNotFound'],
    ["another program's number", { InstructionError: [0, { Custom: 1 }] }],
    ['an error without a number', { InstructionError: [0, 'InvalidAccountData'] }],
    ['no error at all', undefined],
  ])('are not found in %s', (_, failure) => {
    expect(programErrorFrom(failure)).toBeNull();
  });
});

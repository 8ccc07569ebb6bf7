import { createHash } from 'node:crypto';
import { encodeAddress } from '../encoding/base58.ts';
import { InstructionFailure } from '../execution/errors.ts';
import type { Program } from '../execution/invoke-context.ts';

/** Address of the forwarder, a program that exists on this chain only. */
export const FORWARDER_PROGRAM = encodeAddress(createHash('sha256').update('local chain: forwarder program').digest());

/**
 * Calls the program named by its first account with the remaining accounts and its own data: a way to make an
 * instruction an inner one, as wallets and other programs on a real chain do.
 */
export const forwarderProgram: Program = {
  id: FORWARDER_PROGRAM,
  builtin: false,
  execute(context, accounts, data) {
    context.consume(2_000);
    const [target, ...rest] = accounts;
    if (target === undefined) throw new InstructionFailure('NotEnoughAccountKeys');
    context.invoke(target.address, rest, data);
  },
};

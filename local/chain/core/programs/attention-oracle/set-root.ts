import { minimumBalance, SYSTEM_PROGRAM } from '../../accounts/account.ts';
import { addressBytes } from '../../encoding/base58.ts';
import type { ByteReader } from '../../encoding/byte-reader.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import { InstructionFailure } from '../../execution/errors.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';
import { createAccountData } from '../system.ts';
import { accountAt, failProgram, requireProgram } from './anchor.ts';
import {
  CHANNEL_STATE_BYTES,
  channelKey,
  deriveChannelState,
  newChannelState,
  openChannelState,
  RingSlot,
  raiseLatestEpoch,
  ringIndex,
} from './channel-state.ts';
import { readProtocolState } from './protocol-state.ts';

const BUMP_UNITS = 1_500;

/** set_channel_merkle_root(channel, epoch, root): creates the channel's state when missing, then writes its ring slot. */
export function setChannelMerkleRoot(context: InvokeContext, accounts: readonly AccountMeta[], args: ByteReader): void {
  const [channel, epoch, root] = [args.text(), args.u64(), args.take(32)];
  context.consume(5_400 + 22 * channel.length);
  const payer = accountAt(context, accounts, 0, 'payer', { signer: true, writable: true });
  const protocol = accountAt(context, accounts, 1, 'protocol_state', { writable: true });
  const target = accountAt(context, accounts, 2, 'channel_state', { writable: true });
  requireProgram(context, accountAt(context, accounts, 3, 'system_program'), SYSTEM_PROGRAM, 'system_program');
  const state = readProtocolState(context, protocol, true);
  if (state.paused) failProgram(context, 'ProtocolPaused', 'protocol_state');
  if (payer.address !== state.admin && (state.publisher === SYSTEM_PROGRAM || payer.address !== state.publisher)) {
    failProgram(context, 'Unauthorized');
  }
  const key = channelKey(channel);
  const derived = deriveChannelState(context.programId, state.mint, key);
  context.consume(BUMP_UNITS * (256 - derived.bump));
  if (derived.address !== target.address) failProgram(context, 'InvalidChannelState');

  if (context.account(target.address).owner !== context.programId) {
    context.log('Creating channel state account');
    context.consume(3_112);
    createChannelState(context, payer, target);
    context.write(target.address, { data: newChannelState(state.mint, key, derived.bump) });
    context.log('Account created and initialized');
  }
  const raw = context.account(target.address).data.length;
  context.log(`channel_state raw len ${raw}`);
  if (raw < 8) throw new InstructionFailure('ProgramFailedToComplete');
  context.log(`channel_state body len ${raw - 8}`);
  context.log(`ChannelState sizeof ${CHANNEL_STATE_BYTES - 8}`);
  const data = openChannelState(context, target, state.mint, key);
  context.log('channel_state cast ok');

  const index = ringIndex(epoch);
  context.log(`writing slot ${index}`);
  context.consume(3_260);
  const slot = new RingSlot(data, index);
  if (slot.epoch !== 0n && epoch <= slot.epoch) failProgram(context, 'EpochNotIncreasing');
  slot.reset(epoch, root);
  raiseLatestEpoch(data, epoch);
  context.write(target.address, { data });
}

function createChannelState(context: InvokeContext, payer: AccountMeta, target: AccountMeta): void {
  context.invoke(
    SYSTEM_PROGRAM,
    [
      { address: payer.address, signer: true, writable: true },
      { address: target.address, signer: true, writable: true },
    ],
    createAccountData(minimumBalance(CHANNEL_STATE_BYTES), CHANNEL_STATE_BYTES, addressBytes(context.programId)),
    [target.address],
  );
}

import { keccak256 } from '@attention-oracle/sdk';
import { SYSTEM_PROGRAM } from '../../accounts/account.ts';
import { ASSOCIATED_TOKEN_PROGRAM, associatedTokenAddress } from '../../accounts/derived-address.ts';
import { readMint, readTokenAccount, TOKEN_2022_PROGRAM } from '../../accounts/token-layout.ts';
import { addressBytes } from '../../encoding/base58.ts';
import type { ByteReader } from '../../encoding/byte-reader.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import { InstructionFailure } from '../../execution/errors.ts';
import type { InvokeContext } from '../../execution/invoke-context.ts';
import { accountAt, failAnchor, failProgram, requireProgram } from './anchor.ts';
import { channelKey, deriveChannelState, MAX_CLAIMS, openChannelState, RingSlot, ringIndex } from './channel-state.ts';
import { readProtocolState } from './protocol-state.ts';

const BUMP_UNITS = 1_500;
const TRANSFER_CHECKED = 12;

type ClaimArgs = { channel: string; epoch: bigint; index: number; amount: bigint; id: string; proof: Uint8Array[] };

function readArgs(args: ByteReader): ClaimArgs {
  const [channel, epoch, index, amount, id] = [args.text(), args.u64(), args.u32(), args.u64(), args.text()];
  const proof: Uint8Array[] = [];
  for (let left = args.u32(); left > 0; left--) proof.push(args.take(32));
  return { channel, epoch, index, amount, id, proof };
}

/**
 * claim_channel_open, and claim_channel_open_with_receipt (`withReceipt`: one more argument, and optional accounts that
 * are ignored): checks the proof against the ring slot's root, marks the index, pays from the treasury.
 */
export function claimChannelOpen(
  context: InvokeContext,
  accounts: readonly AccountMeta[],
  args: ByteReader,
  withReceipt: boolean,
): void {
  const claim = readArgs(args);
  if (withReceipt) args.bool();
  context.consume(14_800);
  const claimer = accountAt(context, accounts, 0, 'claimer', { signer: true, writable: true });
  const protocol = accountAt(context, accounts, 1, 'protocol_state', { writable: true });
  const target = accountAt(context, accounts, 2, 'channel_state', { writable: true });
  const mint = accountAt(context, accounts, 3, 'mint');
  const treasury = accountAt(context, accounts, 4, 'treasury_ata', { writable: true });
  const wallet = accountAt(context, accounts, 5, 'claimer_ata', { writable: true });
  const first = programsOffset(accounts, withReceipt);
  requireProgram(context, accountAt(context, accounts, first, 'token_program'), TOKEN_2022_PROGRAM, 'token_program');
  const associated = accountAt(context, accounts, first + 1, 'associated_token_program');
  requireProgram(context, associated, ASSOCIATED_TOKEN_PROGRAM, 'associated_token_program');
  const system = accountAt(context, accounts, first + 2, 'system_program');
  requireProgram(context, system, SYSTEM_PROGRAM, 'system_program');

  const state = readProtocolState(context, protocol, true);
  const decimals = readMintDecimals(context, mint);
  openTokenAccount(context, treasury, protocol.address, mint.address, 'treasury_ata');
  if (context.account(wallet.address).owner === SYSTEM_PROGRAM) {
    createWallet(context, claimer, wallet, mint);
  } else {
    openTokenAccount(context, wallet, claimer.address, mint.address, 'claimer_ata');
  }
  if (state.paused) failProgram(context, 'ProtocolPaused', 'protocol_state');
  applyClaim(context, claim, claimer, target, state.mint);
  transfer(context, { treasury, mint, wallet, protocol }, claim.amount, decimals);
  context.consume(997);
}

/** The optional accounts stand before the programs in one build and after them in another; both are taken. */
function programsOffset(accounts: readonly AccountMeta[], withReceipt: boolean): number {
  if (!withReceipt || accounts[6]?.address === TOKEN_2022_PROGRAM) return 6;
  return 13;
}

function applyClaim(
  context: InvokeContext,
  claim: ClaimArgs,
  claimer: AccountMeta,
  target: AccountMeta,
  mint: string,
): void {
  const key = channelKey(claim.channel);
  const derived = deriveChannelState(context.programId, mint, key);
  context.consume(7_000 + BUMP_UNITS * (256 - derived.bump));
  if (derived.address !== target.address) failProgram(context, 'InvalidChannelState');
  if (context.account(target.address).data.length < 8) throw new InstructionFailure('ProgramFailedToComplete');
  const data = openChannelState(context, target, mint, key);
  if (claim.index >= MAX_CLAIMS) failProgram(context, 'InvalidIndex');
  const slot = new RingSlot(data, ringIndex(claim.epoch));
  if (slot.epoch !== claim.epoch) failProgram(context, 'SlotMismatch');
  if (slot.isClaimed(claim.index)) failProgram(context, 'AlreadyClaimed');
  context.consume(800 + 450 * claim.proof.length);
  if (!provesRoot(claimLeaf(claimer.address, claim), claim.proof, slot.root)) failProgram(context, 'InvalidProof');
  slot.markClaimed(claim.index);
  context.write(target.address, { data });
}

/** The leaf that the program verifies, built here from its rule so that a wrong leaf elsewhere is found out. */
function claimLeaf(claimer: string, claim: ClaimArgs): Uint8Array {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(claim.index, 0);
  numbers.writeBigUInt64LE(claim.amount, 4);
  return keccak256(Buffer.concat([addressBytes(claimer), numbers, Buffer.from(claim.id, 'utf8')]));
}

function provesRoot(leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): boolean {
  let node = leaf;
  for (const sibling of proof) {
    const ordered = Buffer.compare(node, sibling) <= 0 ? [node, sibling] : [sibling, node];
    node = keccak256(Buffer.concat(ordered));
  }
  return Buffer.compare(node, root) === 0;
}

function readMintDecimals(context: InvokeContext, meta: AccountMeta): number {
  const account = context.account(meta.address);
  const mint = account.owner === TOKEN_2022_PROGRAM ? readMint(account.data) : null;
  return mint === null ? failAnchor(context, 'AccountNotInitialized', 'mint') : mint.decimals;
}

function openTokenAccount(context: InvokeContext, meta: AccountMeta, owner: string, mint: string, field: string): void {
  const account = context.account(meta.address);
  if (account.owner === SYSTEM_PROGRAM) failAnchor(context, 'AccountNotInitialized', field);
  const tokens = account.owner === TOKEN_2022_PROGRAM ? readTokenAccount(account.data) : null;
  if (tokens === null) failAnchor(context, 'AccountOwnedByWrongProgram', field);
  const expected = associatedTokenAddress(owner, mint, TOKEN_2022_PROGRAM);
  if (tokens.owner !== owner || tokens.mint !== mint || meta.address !== expected) {
    failAnchor(context, 'ConstraintAssociated', field);
  }
}

function createWallet(context: InvokeContext, claimer: AccountMeta, wallet: AccountMeta, mint: AccountMeta): void {
  const readonly = { signer: false, writable: false };
  context.invoke(
    ASSOCIATED_TOKEN_PROGRAM,
    [
      { address: claimer.address, signer: true, writable: true },
      { address: wallet.address, signer: false, writable: true },
      { address: claimer.address, ...readonly },
      { address: mint.address, ...readonly },
      { address: SYSTEM_PROGRAM, ...readonly },
      { address: TOKEN_2022_PROGRAM, ...readonly },
    ],
    Uint8Array.of(0),
  );
}

function transfer(
  context: InvokeContext,
  accounts: { treasury: AccountMeta; mint: AccountMeta; wallet: AccountMeta; protocol: AccountMeta },
  amount: bigint,
  decimals: number,
): void {
  const data = Buffer.alloc(10);
  data[0] = TRANSFER_CHECKED;
  data.writeBigUInt64LE(amount, 1);
  data[9] = decimals;
  context.invoke(
    TOKEN_2022_PROGRAM,
    [
      { address: accounts.treasury.address, signer: false, writable: true },
      { address: accounts.mint.address, signer: false, writable: false },
      { address: accounts.wallet.address, signer: false, writable: true },
      { address: accounts.protocol.address, signer: true, writable: false },
    ],
    data,
    [accounts.protocol.address],
  );
}

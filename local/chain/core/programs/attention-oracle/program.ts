import { createHash } from 'node:crypto';
import { PROGRAM_ID } from '@attention-oracle/sdk';
import { ByteRangeError, ByteReader } from '../../encoding/byte-reader.ts';
import type { AccountMeta } from '../../execution/account-meta.ts';
import type { InvokeContext, Program } from '../../execution/invoke-context.ts';
import { changeProtocol, initializeMintOpen } from './administration.ts';
import { failAnchor } from './anchor.ts';
import { claimChannelOpen } from './claim.ts';
import { setChannelMerkleRoot } from './set-root.ts';

type Handler = (context: InvokeContext, accounts: readonly AccountMeta[], args: ByteReader) => void;

const HANDLERS: Record<string, Handler> = {
  initialize_mint_open: initializeMintOpen,
  set_channel_merkle_root: setChannelMerkleRoot,
  claim_channel_open: (context, accounts, args) => claimChannelOpen(context, accounts, args, false),
  claim_channel_open_with_receipt: (context, accounts, args) => claimChannelOpen(context, accounts, args, true),
  set_policy: (context, accounts, args) => changeProtocol(context, accounts, args, 'requireReceipt', false),
  set_policy_open: (context, accounts, args) => changeProtocol(context, accounts, args, 'requireReceipt', true),
  set_paused: (context, accounts, args) => changeProtocol(context, accounts, args, 'paused', false),
  set_paused_open: (context, accounts, args) => changeProtocol(context, accounts, args, 'paused', true),
  update_publisher: (context, accounts, args) => changeProtocol(context, accounts, args, 'publisher', false),
  update_publisher_open: (context, accounts, args) => changeProtocol(context, accounts, args, 'publisher', true),
  update_admin: (context, accounts, args) => changeProtocol(context, accounts, args, 'admin', false),
  update_admin_open: (context, accounts, args) => changeProtocol(context, accounts, args, 'admin', true),
};

/** Anchor's discriminator of an instruction, as hex. */
function discriminatorOf(name: string): string {
  return createHash('sha256').update(`global:${name}`).digest('hex').slice(0, 16);
}

const BY_DISCRIMINATOR = new Map(
  Object.entries(HANDLERS).map(([name, run]) => [discriminatorOf(name), { title: pascalCase(name), run }]),
);

/** set_channel_merkle_root → SetChannelMerkleRoot, as the program logs it. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The rules of the Attention Oracle program. Instructions that are not modelled fail as unknown ones do on chain. */
export const attentionOracleProgram: Program = {
  id: PROGRAM_ID,
  builtin: false,
  execute(context, accounts, data) {
    if (data.length < 8) failAnchor(context, 'InstructionMissing');
    const handler = BY_DISCRIMINATOR.get(Buffer.from(data.subarray(0, 8)).toString('hex'));
    if (handler === undefined) failAnchor(context, 'InstructionFallbackNotFound');
    context.log(`Instruction: ${handler.title}`);
    try {
      handler.run(context, accounts, new ByteReader(data, 8));
    } catch (error) {
      if (error instanceof ByteRangeError) failAnchor(context, 'InstructionDidNotDeserialize');
      throw error;
    }
  },
};

/** What a StreamEvent calls an instruction. */
export type InstructionAction = 'claim' | 'finalize' | 'setPolicy' | 'other';

/** Borsh types that occur in the program's arguments. `hash` is `[u8; 32]`, `hashes` is `Vec<[u8; 32]>`. */
export type FieldType = 'string' | 'u32' | 'u64' | 'bool' | 'hash' | 'hashes';

/** An account of an instruction: its name in the program and how it must be passed. */
export interface AccountRole {
  readonly name: string;
  readonly signer: boolean;
  readonly writable: boolean;
}

/**
 * One instruction of the program.
 *
 * `fields` are its arguments in Borsh order and `accounts` its accounts in order. Where `fields` is null the arguments are carried
 * as raw bytes; where `accounts` is null the caller gives them all.
 */
export interface InstructionDefinition {
  readonly name: string;
  /** First 8 bytes of sha256("global:" + name), 16 hexadecimal digits. */
  readonly discriminator: string;
  readonly action: InstructionAction;
  readonly fields: readonly (readonly [name: string, type: FieldType])[] | null;
  readonly accounts: readonly AccountRole[] | null;
}

const role = (name: string, flags: '' | 's' | 'w' | 'sw' = ''): AccountRole => ({
  name,
  signer: flags.includes('s'),
  writable: flags.includes('w'),
});

const SETTLE_ACCOUNTS = [
  role('payer', 'sw'),
  role('protocol_state', 'w'),
  role('channel_state', 'w'),
  role('system_program'),
] as const;

const CLAIM_ACCOUNTS = [
  role('claimer', 'sw'),
  role('protocol_state', 'w'),
  role('channel_state', 'w'),
  role('mint'),
  role('treasury_ata', 'w'),
  role('claimer_ata', 'w'),
  role('token_program'),
  role('associated_token_program'),
  role('system_program'),
] as const;

const POLICY_ACCOUNTS = [role('admin', 'sw'), role('protocol_state', 'w')] as const;

const CLAIM_FIELDS = [
  ['channel', 'string'],
  ['epoch', 'u64'],
  ['index', 'u32'],
  ['amount', 'u64'],
  ['id', 'string'],
  ['proof', 'hashes'],
] as const;

const CUMULATIVE_CLAIM_FIELDS = [
  ['channel', 'string'],
  ['root_seq', 'u64'],
  ['cumulative_total', 'u64'],
  ['proof', 'hashes'],
] as const;

const INITIALIZE_ACCOUNTS = [
  role('admin', 'sw'),
  role('mint'),
  role('protocol_state', 'w'),
  role('fee_config', 'w'),
  role('system_program'),
] as const;

function opaque<const Name extends string>(
  name: Name,
  discriminator: string,
  accounts: readonly AccountRole[] | null = null,
) {
  return { name, discriminator, action: 'other', fields: null, accounts } as const;
}

/**
 * Every instruction this package knows, the program's later line included. Discriminators that are not here exist and
 * will come: {@link decodeInstruction} names them `unknown`.
 */
export const INSTRUCTIONS = [
  {
    name: 'set_channel_merkle_root',
    discriminator: '411810063f69997b',
    action: 'finalize',
    fields: [
      ['channel', 'string'],
      ['epoch', 'u64'],
      ['root', 'hash'],
    ],
    accounts: SETTLE_ACCOUNTS,
  },
  {
    name: 'claim_channel_open',
    discriminator: 'dfabbb29a7470fb8',
    action: 'claim',
    fields: CLAIM_FIELDS,
    accounts: CLAIM_ACCOUNTS,
  },
  {
    name: 'claim_channel_open_with_receipt',
    discriminator: '8a8ad973c55cb29d',
    action: 'claim',
    fields: [...CLAIM_FIELDS, ['mint_receipt', 'bool']],
    accounts: CLAIM_ACCOUNTS,
  },
  {
    name: 'set_policy',
    discriminator: '28850c9debca0284',
    action: 'setPolicy',
    fields: [['require_receipt', 'bool']],
    accounts: POLICY_ACCOUNTS,
  },
  {
    name: 'set_policy_open',
    discriminator: 'd3653266242a5f80',
    action: 'setPolicy',
    fields: [['require_receipt', 'bool']],
    accounts: POLICY_ACCOUNTS,
  },
  {
    name: 'publish_cumulative_root',
    discriminator: '38c189e2399b4019',
    action: 'other',
    fields: [
      ['channel', 'string'],
      ['root_seq', 'u64'],
      ['root', 'hash'],
      ['dataset_hash', 'hash'],
    ],
    accounts: null,
  },
  {
    name: 'claim_cumulative',
    discriminator: 'a55803c451f8c98a',
    action: 'other',
    fields: CUMULATIVE_CLAIM_FIELDS,
    accounts: null,
  },
  {
    name: 'claim_cumulative_sponsored',
    discriminator: '411d053ac083fef4',
    action: 'other',
    fields: CUMULATIVE_CLAIM_FIELDS,
    accounts: null,
  },
  opaque('initialize_mint', 'd12ac3048155d12c'),
  opaque('initialize_mint_open', 'f6d7c0f9b376d24b', INITIALIZE_ACCOUNTS),
  opaque('set_merkle_root', '2b185b3cf0891c66'),
  opaque('set_merkle_root_open', '6a7b7cb7dddd923e'),
  opaque('claim', '3ec6d6c1d59f6cd2'),
  opaque('claim_open', 'cf93887364eef95f'),
  opaque('set_paused', '5b3c7dc0b0e1a6da'),
  opaque('set_paused_open', '485c47499232795e', POLICY_ACCOUNTS),
  opaque('update_publisher', 'e8a88ad65f39e0ea'),
  opaque('update_publisher_open', '2a4d65a02956ac3c', POLICY_ACCOUNTS),
  opaque('update_admin', 'a1b028d53cb8b3e4'),
  opaque('update_admin_open', 'df5dac2ec8ffb5b1'),
  opaque('initialize_channel', 'e85bb1d47a5ee3fa'),
  opaque('set_merkle_root_ring', 'da205909c65c88ee'),
  opaque('claim_with_ring', '07375adfd1d5064a'),
  opaque('close_channel_state', 'b5ca094cb965acc6'),
  opaque('close_epoch_state', 'cc32aec6e610665e'),
  opaque('close_epoch_state_open', '8e9cdd0a05fb49a1'),
  opaque('update_fee_config', '68b867f258976b14'),
  opaque('update_fee_config_open', '38a330a50409f60c'),
  opaque('initialize_channel_cumulative', '9a8189754421ade5'),
] as const satisfies readonly InstructionDefinition[];

/** Names of the instructions in {@link INSTRUCTIONS}, as the program spells them. */
export type InstructionName = (typeof INSTRUCTIONS)[number]['name'];

/** One error of the program: its custom error number, name, and what the one who sent the transaction should do. */
export interface ProgramErrorEntry {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
  readonly whatToDo: string;
}

const table: readonly (readonly [name: string, meaning: string, whatToDo: string])[] = [
  [
    'Unauthorized',
    'the signer is neither admin nor publisher',
    'sign with the key that protocol_state names as admin or publisher',
  ],
  ['AlreadyInitialized', 'the account exists already', 'read it instead of creating it again'],
  ['InvalidFeeBps', 'the fee in basis points is out of range', 'give a fee of at most 10,000 basis points'],
  ['InvalidFeeSplit', 'the parts of the fee do not add up', 'make the parts add up to the whole fee'],
  ['FeeTooHigh', 'the fee is above the allowed maximum', 'lower the fee'],
  ['ProtocolPaused', 'the protocol is paused', 'wait until the admin resumes it; repeating does not help'],
  ['AlreadyClaimed', 'this index was claimed before', 'stop: the payment was made; read channel_state to see it'],
  [
    'InvalidProof',
    'the proof does not lead from this claim to the root in the ring',
    'fetch the proof again for this channel and epoch, and send claimer, index, amount and id exactly as in the leaf',
  ],
  ['EpochClosed', 'the epoch accepts no more claims', 'stop: this claim can no longer be paid'],
  [
    'InvalidIndex',
    'the index is at or past the size of the bitmap',
    'stop: a ring slot holds a limited number of claims and this index is beyond it',
  ],
  ['InvalidAmount', 'the amount is not allowed', 'send the amount of the leaf, above zero'],
  ['InvalidInputLength', 'a text or list is too long or empty', 'check the lengths of channel, id and proof'],
  ['InvalidProofLength', 'the proof has too many nodes', 'send the proof of the published tree, one node a level'],
  ['InvalidMint', 'the mint is not the one of protocol_state', 'derive the accounts from the mint of this deployment'],
  ['ReceiptRequired', 'the policy asks for a receipt', 'claim with claim_channel_open_with_receipt'],
  [
    'InvalidChannelState',
    'the channel state is not what its seeds say',
    'derive channel_state from the mint and the channel',
  ],
  ['InvalidEpochState', 'the epoch state is not what its seeds say', 'derive the epoch state from its seeds'],
  ['SlotMismatch', 'the ring slot holds another epoch', 'stop: the epoch has left the ring or was never published'],
  ['InvalidStreamer', 'the streamer key does not belong to the channel', 'use the key of the lower-case channel name'],
  ['InvalidEpoch', 'the epoch is not allowed here', 'check the epoch argument'],
  ['ChannelNotInitialized', 'the channel has no state yet', 'publish a root for the channel first'],
  ['EpochAlreadyInitialized', 'the epoch has a state already', 'read it instead of creating it again'],
  ['EpochNotFullyClaimed', 'claims of the epoch are open', 'close it after the last claim or after it expires'],
  [
    'EpochNotIncreasing',
    'the ring slot holds this epoch or a later one',
    'read channel_state: same epoch and root means settled, another root is a conflict that no retry can fix',
  ],
  ['EpochNotExpired', 'the epoch has not expired', 'wait until it has'],
  ['InvalidPubkey', 'an address is not allowed', 'check the address that was given'],
];

/** Number of the first error in {@link PROGRAM_ERRORS}. */
const FIRST_PROGRAM_ERROR = 6000;

/** The program's errors 6000 to 6025, in order. */
export const PROGRAM_ERRORS: readonly ProgramErrorEntry[] = table.map(([name, meaning, whatToDo], i) => ({
  code: FIRST_PROGRAM_ERROR + i,
  name,
  meaning,
  whatToDo,
}));

/** The entry of a custom error number, or undefined when it is not one of the program's. */
export function programErrorByCode(code: number): ProgramErrorEntry | undefined {
  return PROGRAM_ERRORS[code - FIRST_PROGRAM_ERROR];
}

/** A custom error found in what the chain answered, with the index of the top-level instruction where it is known. */
export interface ProgramErrorFound extends ProgramErrorEntry {
  readonly instructionIndex: number | null;
}

/**
 * The program's error in a transaction error (`meta.err`, or the `err` of a status), in log lines, or in a thrown error
 * that carries logs. Null when there is none: another program's numbers are never given the name of one of ours, as long
 * as logs or numbers tell them apart.
 *
 * @example
 * programErrorFrom({ InstructionError: [2, { Custom: 6023 }] })?.name; // 'EpochNotIncreasing'
 */
export function programErrorFrom(failure: unknown): ProgramErrorFound | null {
  if (Array.isArray(failure)) return fromLogs(failure);
  if (typeof failure === 'string') return fromLogs([failure]);
  if (failure === null || typeof failure !== 'object') return null;
  const { InstructionError: pair, err, logs, message } = failure as Record<string, unknown>;
  if (Array.isArray(pair)) return fromInstructionError(pair);
  return (
    (err === undefined ? null : programErrorFrom(err)) ??
    (Array.isArray(logs) ? fromLogs(logs) : null) ??
    (typeof message === 'string' ? fromLogs([message]) : null)
  );
}

function fromInstructionError([index, detail]: unknown[]): ProgramErrorFound | null {
  if (detail === null || typeof detail !== 'object') return null;
  const { Custom: code } = detail as { Custom?: unknown };
  return typeof code === 'number' ? found(code, typeof index === 'number' ? index : null) : null;
}

function fromLogs(lines: readonly unknown[]): ProgramErrorFound | null {
  for (const line of lines) {
    const match = typeof line === 'string' ? /custom program error: 0x([0-9a-f]+)/i.exec(line) : null;
    const entry = match?.[1] === undefined ? null : found(Number.parseInt(match[1], 16), null);
    if (entry !== null) return entry;
  }
  return null;
}

function found(code: number, instructionIndex: number | null): ProgramErrorFound | null {
  const entry = programErrorByCode(code);
  return entry === undefined ? null : { ...entry, instructionIndex };
}

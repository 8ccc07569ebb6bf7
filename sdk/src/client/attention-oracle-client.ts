import { type ChannelState, isClaimed, ringSlotOf } from '../accounts/channel-state.ts';
import type { ProtocolState } from '../accounts/protocol-state.ts';
import { type AddressInput, hexToBytes } from '../bytes.ts';
import { AttentionOracleError } from '../errors.ts';
import { toU64, type U64Input } from '../merkle/integers.ts';
import { expectHash } from '../merkle/leaves.ts';
import { Address } from '../program/address.ts';
import { setChannelMerkleRoot, setPolicyOpen } from '../program/instruction-builders.ts';
import { PROGRAM_ID } from '../program/program-id.ts';
import type { ProgramInstruction } from '../program/program-instruction.ts';
import { type Deployment, readChannelState, readProtocolState, requireMint, rootStanding } from './chain-accounts.ts';
import type { ChainConnection, Commitment } from './chain-connection.ts';
import { claimInstruction, requireClaimable } from './claim-check.ts';
import type {
  ClaimInput,
  ClientOptions,
  ClientPolicyInput,
  FinalizeRootInput,
  FinalizeRootsInput,
  RootToFinalize,
} from './client-types.ts';
import { sendAndConfirm } from './confirm-by-block-height.ts';
import type { Payer } from './payer.ts';
import { requireOpenRoot } from './root-check.ts';
import { withSettled } from './send-errors.ts';
import type { SendOptions } from './send-options.ts';
import { buildTransaction, fitsOneTransaction, signTransaction } from './sign-transaction.ts';
import { fitsVersion1, signVersion1, takesVersion1 } from './version-1-sending.ts';

/**
 * Sends the program's instructions and reads its accounts, over a web3.js `Connection`.
 *
 * Every sending method checks the account first, so that what is settled or claimed is never sent again, waits for
 * `finalized` unless told otherwise, and throws an {@link AttentionOracleError} whose message says what to do.
 *
 * @example
 * const client = new AttentionOracleClient(new Connection(url), PROGRAM_ID, { mint });
 * const signature = await client.finalizeRoot({ epoch: 881, channel: 'lacy', merkleRoot: tree.root(), payer: publisher });
 */
export class AttentionOracleClient {
  readonly #connection: ChainConnection;
  readonly #programId: Address;
  readonly #mint: AddressInput | undefined;
  readonly #commitment: Commitment;

  /** @throws AttentionOracleError ADDRESS_INVALID */
  constructor(connection: ChainConnection, programId: AddressInput = PROGRAM_ID, options: ClientOptions = {}) {
    this.#connection = connection;
    this.#programId = new Address(programId);
    this.#mint = options.mint === undefined ? undefined : new Address(options.mint);
    this.#commitment = options.commitment ?? 'finalized';
  }

  /**
   * Publishes a root and waits for it.
   * @returns the signature
   * @throws AttentionOracleError ROOT_ALREADY_SETTLED (nothing is left to do), ROOT_CONFLICT and EPOCH_PASSED (no retry
   *   helps), PROGRAM_UNAUTHORIZED, PROGRAM_PROTOCOL_PAUSED and the other program errors, TRANSACTION_…
   */
  async finalizeRoot({ payer, channel, epoch, merkleRoot, count, ...options }: FinalizeRootInput): Promise<string> {
    const root = { channel, epoch, merkleRoot, ...(count === undefined ? {} : { count }) };
    const [signature] = await this.finalizeRoots({ ...options, payer, roots: [root] });
    return signature as string;
  }

  /**
   * Publishes several roots, as many to a transaction as fit, one transaction after the other: in version 1 transactions,
   * which carry several times more, where the cluster takes them and the payer is a key pair.
   * @returns a signature a root, in the order given; roots of one transaction share theirs
   * @throws AttentionOracleError as {@link finalizeRoot}; every root is checked before the first is sent, and
   *   `context.settledSignatures` has the signatures of the roots that were settled before one failed
   */
  async finalizeRoots({ roots, payer, ...options }: FinalizeRootsInput): Promise<string[]> {
    const deployment = this.#deployment();
    for (const root of roots) await requireOpenRoot(deployment, root);
    const instructions = roots.map((root) => this.#rootInstruction(deployment, root, payer));
    const signatures: string[] = [];
    const isVersion1 = options.transactionVersion !== 'legacy' && (await takesVersion1(this.#connection, payer));
    while (signatures.length < instructions.length) {
      const batch = await this.#firstBatch(instructions.slice(signatures.length), payer, options, isVersion1);
      const signature = await this.#send(batch, payer, options, isVersion1).catch((error: unknown) => {
        throw withSettled(error, signatures);
      });
      for (const _ of batch) signatures.push(signature);
    }
    return signatures;
  }

  /**
   * Claims what a leaf allots, after checking ring, bitmap and proof.
   * @returns the signature
   * @throws AttentionOracleError EPOCH_NOT_PUBLISHED, EPOCH_PASSED, ALREADY_CLAIMED, INDEX_OUT_OF_RANGE, PROOF_INVALID,
   *   the program errors, TRANSACTION_…
   */
  async claim(input: ClaimInput): Promise<string> {
    const deployment = this.#deployment();
    const state = await readChannelState(deployment, input.channel, 'confirmed');
    requireClaimable(state, input);
    return this.#send([claimInstruction(deployment, input)], input.claimer, input);
  }

  /**
   * Sets whether claims of the mint must mint a receipt (`set_policy_open`).
   * @returns the signature
   * @throws AttentionOracleError PROGRAM_UNAUTHORIZED, TRANSACTION_…
   */
  async setPolicy({ admin, requireReceipt, ...options }: ClientPolicyInput): Promise<string> {
    const { mint, programId } = this.#deployment();
    const instruction = setPolicyOpen({ admin: admin.publicKey, mint, requireReceipt, programId });
    return this.#send([instruction], admin, options);
  }

  /** A channel's state, or null when no root was ever published for it. */
  async getChannelState(channel: string): Promise<ChannelState | null> {
    return readChannelState(this.#deployment(), channel, this.#commitment);
  }

  /** The mint's protocol state, or null when the mint was never initialised. */
  async getProtocolState(): Promise<ProtocolState | null> {
    return readProtocolState(this.#deployment(), this.#commitment);
  }

  /** Whether exactly this root (bytes or hexadecimal) is on chain for the epoch now. */
  async isSettled(channel: string, epoch: U64Input, root: Uint8Array | string): Promise<boolean> {
    const bytes = typeof root === 'string' ? hexToBytes(root) : root;
    expectHash(bytes, 'root');
    const state = await this.getChannelState(channel);
    return state !== null && rootStanding(state, toU64(epoch, 'epoch'), bytes) === 'settled';
  }

  /**
   * Whether the claim at an index was paid.
   * @throws AttentionOracleError EPOCH_PASSED when the ring no longer holds the epoch, so that the chain cannot tell;
   *   INDEX_OUT_OF_RANGE
   */
  async hasClaimed(channel: string, epoch: U64Input, index: number): Promise<boolean> {
    const state = await this.getChannelState(channel);
    const wanted = toU64(epoch, 'epoch');
    const slot = state === null ? null : ringSlotOf(state, wanted);
    if (slot === null || slot.epoch < wanted) return false;
    if (slot.epoch === wanted) return isClaimed(slot, index);
    throw new AttentionOracleError(
      'EPOCH_PASSED',
      `epoch ${wanted} has left the ring of ${channel}: look in the history of transactions instead`,
      { channel, epoch: wanted.toString(), ringEpoch: slot.epoch.toString() },
    );
  }

  #deployment(): Deployment {
    return { connection: this.#connection, programId: this.#programId, mint: requireMint(this.#mint) };
  }

  #rootInstruction({ mint, programId }: Deployment, root: RootToFinalize, payer: Payer): ProgramInstruction {
    const { channel, epoch, merkleRoot } = root;
    return setChannelMerkleRoot({ payer: payer.publicKey, mint, channel, epoch, root: merkleRoot, programId });
  }

  /** The longest beginning of the list that fits one transaction, and at least one. */
  async #firstBatch(
    instructions: readonly ProgramInstruction[],
    payer: Payer,
    options: SendOptions,
    isVersion1: boolean,
  ): Promise<ProgramInstruction[]> {
    const lifetime = { blockhash: PROGRAM_ID, lastValidBlockHeight: 0 };
    for (let count = 2; count <= instructions.length; count++) {
      const some = instructions.slice(0, count);
      const fits = isVersion1
        ? fitsVersion1(some, payer, options)
        : fitsOneTransaction(await buildTransaction(some, payer, lifetime, options));
      if (!fits) return instructions.slice(0, count - 1);
    }
    return [...instructions];
  }

  async #send(
    instructions: readonly ProgramInstruction[],
    payer: Payer,
    options: SendOptions,
    isVersion1 = false,
  ): Promise<string> {
    const lifetime = await this.#connection.getLatestBlockhash('confirmed');
    const signed =
      isVersion1 && 'secretKey' in payer
        ? await signVersion1(instructions, payer, lifetime, options)
        : await signTransaction(await buildTransaction(instructions, payer, lifetime, options), payer);
    await options.onSigned?.(signed);
    return sendAndConfirm(this.#connection, signed, options);
  }
}

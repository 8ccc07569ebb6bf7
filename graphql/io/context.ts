/** What resolvers work with. */

import type DataLoader from 'dataloader';
import type { Pool } from '../../runtime/postgres/pool.ts';
import type { HexProof } from '../../runtime/postgres/tree-blocks.ts';
import type { EpochCoverage } from '../core/coverage.ts';
import type { EpochView, ProofView, SettlementStepView } from '../core/views.ts';
import type { SettlementReceipt } from '../schema-types.generated.ts';
import type { Answers } from './answers.ts';
import type { Certainty } from './certainty.ts';
import type { ChainReader, Known } from './chain/chain-reader.ts';
import type { Claimability, ClaimChecker } from './chain/claim-checker.ts';
import type { HealthProbe } from './health.ts';
import type { LiveFeed } from './live-feed.ts';
import type { PersistedDocuments } from './persisted-documents.ts';
import type { LeafPlace, ProofStore } from './proof-store.ts';
import type { ProvenWatch } from './proven-watch.ts';
import type { RoleLags } from './role-lags.ts';
import type { ClaimPages } from './store/claim-pages.ts';

/** Lives as long as the server. */
export interface GatewayServices {
  readonly pool: Pool;
  readonly answers: Answers;
  readonly proofs: ProofStore;
  readonly claimPages: ClaimPages;
  readonly persisted: PersistedDocuments;
  readonly chain: ClaimChecker;
  readonly chainReader: ChainReader;
  readonly roleLags: RoleLags;
  readonly feed: LiveFeed;
  readonly health: HealthProbe;
  readonly proven: ProvenWatch;
  /** Partitions of the event topic. */
  readonly partitions: number;
}

/** Lives as long as one request. What several fields need is asked once, for all of them together. */
export interface GatewayContext extends Omit<GatewayServices, 'proofs' | 'persisted'> {
  readonly steps: DataLoader<number, SettlementStepView[]>;
  readonly receipts: DataLoader<number, SettlementReceipt | null>;
  /** Leaves with their siblings; undefined where the tree is not stored. */
  readonly proofNodes: DataLoader<LeafPlace, HexProof | undefined, string>;
  /** What `proofNodes` gives, where nothing has to be read for it. */
  knownProof(place: LeafPlace): HexProof | undefined;
  readonly coverage: DataLoader<EpochView, EpochCoverage, bigint>;
  readonly claimability: DataLoader<ProofView, Claimability>;
  /** Bytes of instructions, by event id. */
  readonly instructions: DataLoader<string, Known<string>>;
  /** Asks the database, or what is remembered when it is down; a stale answer marks the response. */
  read<T>(key: string, ask: (pool: Pool) => Promise<T>): Promise<T>;
  readonly certainty: Certainty;
  /**
   * Waits until everything up to the slot is proven; what is read afterwards is not older than that.
   * @throws GraphQLError MIN_SLOT_NOT_REACHED
   */
  reach(minSlot: bigint): Promise<void>;
}

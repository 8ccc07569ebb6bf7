/** The operators' tools, each in a module of its own, loaded when asked for. */

import type { Command } from 'commander';
import { addBackfillCommand } from './backfill.ts';
import { addBackupCommand } from './backup.ts';
import { addBootstrapCommand } from './bootstrap.ts';
import { addClaimCommand } from './claim.ts';
import { addClaimsCommand } from './claims.ts';
import { addCompletionCommand } from './completion.ts';
import { addCutoverCommand } from './cutover.ts';
import { addDiffCommand } from './diff.ts';
import { addDlqCommand } from './dlq.ts';
import { addEpochBaseCommand } from './epoch-base.ts';
import { addExplainCommand } from './explain.ts';
import { addExportCommand } from './export.ts';
import { addFollowCommand } from './follow.ts';
import { addLagCommand } from './lag.ts';
import { addLegacyCommand } from './legacy.ts';
import { addMigrateCommand } from './migrate.ts';
import { addParityCommand } from './parity.ts';
import { addProofCommand } from './proof.ts';
import { addProtocolCommands } from './protocol.ts';
import { addRebuildCommand } from './rebuild.ts';
import { addReplayCommand } from './replay.ts';
import { addRootsCommand } from './roots.ts';
import { addSchemasCommand } from './schemas.ts';
import { addSettleCommands } from './settle.ts';
import { addStatusCommand } from './status.ts';
import { addTailCommand } from './tail.ts';
import { addTopicsCommand } from './topics.ts';
import { addVerifyCommand } from './verify.ts';
import { addWebhooksCommands } from './webhooks.ts';

export function addToolCommands(program: Command): void {
  for (const add of [
    addTopicsCommand,
    addSchemasCommand,
    addMigrateCommand,
    addLagCommand,
    addReplayCommand,
    addRebuildCommand,
    addBackfillCommand,
    addEpochBaseCommand,
    addParityCommand,
    addLegacyCommand,
    addCutoverCommand,
    addBackupCommand,
    addVerifyCommand,
    addExportCommand,
    addBootstrapCommand,
    addDiffCommand,
    addDlqCommand,
    addTailCommand,
    addStatusCommand,
    addRootsCommand,
    addClaimsCommand,
    addProofCommand,
    addClaimCommand,
    addFollowCommand,
    addSettleCommands,
    addProtocolCommands,
    addWebhooksCommands,
    addExplainCommand,
    addCompletionCommand,
  ]) {
    add(program);
  }
}

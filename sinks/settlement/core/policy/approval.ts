/** What people decide about a root comes before what policies say of it. */

import { type DecisionBook, toldBy } from './decision-book.ts';
import { type PolicyFacts, type PolicyReason, unseen } from './policy.ts';

/** Somebody holds it, or may: nothing else is asked. */
export function personalHold(root: PolicyFacts['root'], book: DecisionBook): PolicyReason | undefined {
  if (!book.isCurrent) return unseen('holds of people', 'ao.settlement-decisions.v1 cannot be read');
  const hold = book.holdOf(root);
  if (hold === undefined) return undefined;
  return {
    code: 'POLICY_HELD_BY_PERSON',
    text: `held by ${toldBy([hold])}; \`ao settle release\` lets it go${agreement(book)}`,
  };
}

/** Every root needs approval: who is missing. */
export function missingApproval(wanted: PolicyFacts['root'], book: DecisionBook): PolicyReason | undefined {
  const { channel, epoch, root } = wanted;
  const given = book.approvalsOf(wanted);
  if (given.length >= book.persons) return undefined;
  const soFar = given.length === 0 ? '' : `, approved so far by ${toldBy(given)}`;
  return {
    code: 'POLICY_NOT_APPROVED',
    text: `waits for the approval of ${book.persons - given.length} of ${book.persons} people (SETTLEMENT_APPROVALS=required)${soFar}: \`ao settle approve ${channel} ${epoch} --root ${root} --why …\``,
  };
}

/** Who let a root go that would not go by itself, for its ledger; undefined where nobody had to. */
export function letGoBy(root: PolicyFacts['root'], book: DecisionBook): string | undefined {
  const approvals = book.isApproved(root) ? book.approvalsOf(root) : [];
  const releases = book.releasesOf(root);
  const parts = [
    ...(releases.length === 0 ? [] : [`released by ${toldBy(releases)}`]),
    ...(approvals.length === 0 ? [] : [`approved by ${toldBy(approvals)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

function agreement({ persons }: DecisionBook): string {
  return persons === 1 ? '' : ` once ${persons} people say so`;
}

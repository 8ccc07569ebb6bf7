/** Reasons in ledger rows: a stable code, a colon, a sentence for the operator. */

export interface Reason {
  /** Stable, upper snake case; also the label of metrics. */
  readonly code: string;
  /** What happened and what to do. */
  readonly text: string;
}

export function reasonText(reason: Reason): string {
  return `${reason.code}: ${reason.text}`;
}

/** The code in front of a row's reason. */
export function reasonCode(reason: string | null): string | undefined {
  return /^([A-Z][A-Z0-9_]*):/.exec(reason ?? '')?.[1];
}

/** What clients of a gateway have recorded of the settlements of roots, and whether it can have been. Pure. */

import { type Model, type Recorded, violationOf } from './checker.ts';

/** Each root is settled again and again, in version 1, 2, 3 …; version 0: never yet. */
export type SettlementAction =
  | { readonly kind: 'settle'; readonly version: number }
  /** @property atLeast The version that stood at the slot which the client asked to see; 0 where it asked for none. */
  | { readonly kind: 'read'; readonly version: number; readonly atLeast: number }
  /** A remembered answer, which says that it is one. */
  | { readonly kind: 'remembered'; readonly version: number; readonly atLeast: number }
  /** An item of a subscription. */
  | { readonly kind: 'told'; readonly version: number };

export interface RecordedOf extends Recorded<SettlementAction> {
  readonly root: number;
}

/** The versions that a subscription was told, in order, by root. */
export type ToldVersions = ReadonlyMap<number, readonly number[]>;

const settlements: Model<number, SettlementAction> = {
  initial: 0,
  next(version, action) {
    switch (action.kind) {
      case 'settle':
        return action.version === version + 1 ? action.version : undefined;
      case 'read':
        return action.version === version && version >= action.atLeast ? version : undefined;
      // Of an earlier time, but never of one before the slot that was asked for.
      case 'remembered':
        return action.version <= version && action.version >= action.atLeast ? version : undefined;
      case 'told':
        return action.version <= version ? version : undefined;
    }
  },
};

/** A sentence for each root whose operations cannot have happened. */
export function violationsOf(operations: readonly RecordedOf[]): string[] {
  return [...Map.groupBy(operations, ({ root }) => root)].flatMap(([root, own]) => {
    const found = violationOf(settlements, own);
    return found === undefined
      ? []
      : [`root ${root}: ${JSON.stringify(found.action)} from ${found.calledMs} to ${found.answeredMs} cannot be`];
  });
}

/** What a subscription was not told, was told twice, or in another order. */
export function wronglyTold(told: ToldVersions, settled: ReadonlyMap<number, number>): string[] {
  return [...settled].flatMap(([root, last]) => {
    const versions = told.get(root) ?? [];
    const isRight = versions.length === last && versions.every((version, at) => version === at + 1);
    return isRight ? [] : [`root ${root}: settled up to ${last}, told ${versions.join()}`];
  });
}

/** What a soak has shown, against what the target architecture asks. Pure. */

import type { Injected } from '../../faults/core/fault.ts';
import { type MemoryFigures, memoryFigures } from './memory.ts';
import { livesOf, type Sample } from './samples.ts';
import { type Probe, type Uptime, uptimeOf } from './uptime.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
/** How long a killed process may take to be back before its absence is its own doing. */
const COME_BACK_MS = 30_000;
export const LIMITS = { logMbPerWeek: 500, restartsPerWeek: 5, uptimePercent: 99.9 } as const;

export interface Soaked {
  readonly durationMs: number;
  readonly faults: readonly Injected[];
  /** By process. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly logBytes: number;
  readonly gateway: readonly Probe[];
  /** Of the roots that the gateway serves at the end. */
  readonly roots: { readonly served: number; readonly settled: number };
  /** What was not ready at the end, with the reason; undefined: everything was. */
  readonly notReady: string | undefined;
  /** Status of `ao verify roots` after the last fault. */
  readonly verifyRootsStatus: number | null;
}

export interface ProcessFigures {
  readonly memory: MemoryFigures;
  readonly kills: number;
  /** Lives that no kill began. */
  readonly ownRestarts: number;
}

export interface Verdict {
  readonly what: string;
  /** Null: the run was too short to tell. */
  readonly holds: boolean | null;
}

export interface SoakFigures {
  readonly hours: number;
  readonly faults: number;
  readonly processes: Readonly<Record<string, ProcessFigures>>;
  readonly ownRestartsPerWeek: number;
  readonly logMbPerWeek: number;
  readonly gateway: Uptime;
  readonly roots: Soaked['roots'];
  readonly verdicts: readonly Verdict[];
}

export function judge(soaked: Soaked): SoakFigures {
  const { durationMs, faults, samples, logBytes, roots } = soaked;
  const processes = Object.fromEntries(
    [...samples].map(([name, own]) => [
      name,
      figuresOf(
        own,
        faults.filter(({ target }) => target === name),
      ),
    ]),
  );
  const perWeek = WEEK_MS / durationMs;
  const ownRestarts = Object.values(processes).reduce((sum, figures) => sum + figures.ownRestarts, 0);
  const gateway = uptimeOf(soaked.gateway, awayOf(faults));
  const figures = {
    hours: Math.round(durationMs / 36_000) / 100,
    faults: faults.filter(({ pid }) => pid !== undefined).length,
    processes,
    ownRestartsPerWeek: Math.round(ownRestarts * perWeek * 10) / 10,
    logMbPerWeek: Math.round((logBytes * perWeek) / 1_048_576),
    gateway,
    roots,
  };
  return { ...figures, verdicts: verdictsOf(figures, soaked) };
}

function figuresOf(samples: readonly Sample[], faults: readonly Injected[]): ProcessFigures {
  const kills = faults.filter(({ kind, pid }) => kind === 'kill' && pid !== undefined).length;
  return { memory: memoryFigures(samples), kills, ownRestarts: Math.max(0, livesOf(samples).length - 1 - kills) };
}

function awayOf(faults: readonly Injected[]): { fromMs: number; toMs: number }[] {
  return faults
    .filter(({ target }) => target === 'gateway')
    .map(({ atMs, forMs }) => ({ fromMs: atMs, toMs: atMs + forMs + COME_BACK_MS }));
}

function verdictsOf(figures: Omit<SoakFigures, 'verdicts'>, soaked: Soaked): Verdict[] {
  const flat = Object.values(figures.processes).map(({ memory }) => memory.flat);
  return [
    { what: 'memory stays flat', holds: flat.includes(false) ? false : flat.includes(null) ? null : true },
    {
      what: `restarts that nobody caused stay below ${LIMITS.restartsPerWeek} a week`,
      holds: figures.ownRestartsPerWeek < LIMITS.restartsPerWeek,
    },
    {
      what: `logs grow by less than ${LIMITS.logMbPerWeek} MB a week`,
      holds: figures.logMbPerWeek < LIMITS.logMbPerWeek,
    },
    {
      what: `the gateway answers more than ${LIMITS.uptimePercent} % of the time, but for its own kills`,
      holds: figures.gateway.percentBesideItsOwnFaults > LIMITS.uptimePercent,
    },
    { what: 'everything is ready in the end', holds: soaked.notReady === undefined },
    { what: 'roots are settled in the end', holds: soaked.roots.settled > 0 },
    { what: 'every root is that of its events', holds: soaked.verifyRootsStatus === 0 },
  ];
}

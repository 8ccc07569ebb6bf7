/** What is noted of a process again and again while the platform is soaked. */

export interface Sample {
  /** Since the soak began, ms. */
  readonly atMs: number;
  /** Tells one life of the process from the next. */
  readonly identity: string;
  /** Resident memory, bytes. */
  readonly rssBytes: number;
}

/** A life of a process: samples with one identity, in order. */
export type Life = readonly Sample[];

export function livesOf(samples: readonly Sample[]): Life[] {
  const lives: Sample[][] = [];
  for (const sample of samples) {
    const last = lives.at(-1);
    if (last?.[0]?.identity === sample.identity) last.push(sample);
    else lives.push([sample]);
  }
  return lives;
}

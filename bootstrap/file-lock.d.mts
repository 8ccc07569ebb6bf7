/**
 * Takes a lock file that a dead process cannot keep. Gives { release() } or, when a living process holds it, { heldBy: pid }.
 */
export declare function tryLock(
  path: string,
): { release: () => void; heldBy?: undefined } | { heldBy: number; release?: undefined };

/** Runs work while holding the lock, waiting for other processes; onWait(pid) is called once when it has to. */
export declare function withLock<T>(path: string, onWait: (pid: number) => void, work: () => Promise<T>): Promise<T>;

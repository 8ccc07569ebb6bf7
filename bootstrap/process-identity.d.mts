/** Says whether a process with this id exists, whoever owns it. */
export declare function isAlive(pid: number): boolean;
/**
 * A text that tells this process from any other that had or will have the same id (boot and start time),
 * or undefined when no such process runs. A zombie counts as gone.
 */
export declare function processIdentity(pid: number): string | undefined;

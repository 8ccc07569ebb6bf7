/** A failure that the person at the terminal can act on: printed as one sentence, without a stack. */
export declare class BootstrapError extends Error {}

/** How an embedded part is to be started. */
export interface EmbeddedPartOptions {
  /** Folder of its own; what is in it survives restarts. */
  readonly dir: string;
  /** Which port: given (this or an error), preferred (this or another), or the kernel's choice. */
  readonly ports: { readonly given?: number | undefined; readonly preferred?: number | undefined };
  /** False trades safety on a power cut for speed; a killed process loses nothing either way. Default true. */
  readonly durable?: boolean;
  /** Ends the start: what has been started is stopped, and the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A part that we started: a process or a container. */
export interface StartedPart {
  /** How clients reach it; host:port or a URL. May hold a password: not for logs. */
  readonly address: string;
  /** Process id; a container has none. */
  readonly pid?: number;
  /** Settles with the reason when the process ends, asked for or not. Never for a container. */
  readonly exited: Promise<string>;
  /** Ends it in order, by force when that takes longer than asked for; its data stays. */
  stop(withinMs?: number): Promise<void>;
}

export interface ExplorerTools {
  /** Path of the Node that builds. */
  readonly node: string;
  /** Added to the environment of the build. */
  readonly env: Readonly<Record<string, string>>;
}

/** Builds the explorer page where it is missing or of older sources. @throws BootstrapError with what the build said. */
export function ensureExplorer(tools: ExplorerTools): Promise<void>;

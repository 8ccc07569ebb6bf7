/** Debian's package, with the libraries that the machine lacks, unpacked into the tools folder; gives the folder. @throws BootstrapError with the reason. */
export declare function provisionDebian(wanted: {
  readonly name: string;
  /** As it is told while it is fetched. */
  readonly title: string;
  /** A program of it, by its path inside, that must end with status 0, and its arguments. */
  readonly check: readonly [string, ...string[]];
}): Promise<string>;

/** Variables with which a program of an unpacked package finds the libraries beside it. */
export declare function librariesOf(folder: string): { LD_LIBRARY_PATH: string };

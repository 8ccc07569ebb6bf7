/**
 * A folder of the tools folder, filled the first time: whole, or not at all. Gives the folder.
 * @param fill Gets an empty folder; throws BootstrapError with the reason where it cannot be had.
 */
export declare function provisionedFolder(
  what: { readonly name: string; readonly title: string },
  fill: (folder: string) => Promise<void>,
): Promise<string>;

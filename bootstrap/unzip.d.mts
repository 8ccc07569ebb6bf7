/** Unpacks a zip file (stored or deflated entries, no zip64) into a folder; entries that would leave it are refused. */
export declare function unzip(file: string, folder: string): void;

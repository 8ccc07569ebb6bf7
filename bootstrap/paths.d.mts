/** Root of the checkout. */
export declare const rootDir: string;
/** What the bootstrap provisions; kept when the data of a run is thrown away. AO_TOOLS_DIR moves it. */
export declare const toolsDir: string;
/** Folder with the broker's jars, once provisioned. */
export declare const kafkaLibsDir: string;
/** Folder with the schema registry's runner jar and its lib folder, once provisioned. */
export declare const registryDir: string;

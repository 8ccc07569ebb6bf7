/** The folder with litesvm in its node_modules, installed when it is not there. Throws where it cannot be. */
export declare function provisionLitesvm(): Promise<string>;

/** Path of the JavaScript file behind a command of an installed package: no shell and no shims needed to run it. */
export declare function moduleCommand(packageName: string, command: string): string;

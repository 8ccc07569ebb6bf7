/** Path of the first Java on JAVA_HOME or PATH that is new enough; a BootstrapError says what to install otherwise. */
export declare function findJava(): Promise<string>;

/** What a file of this folder exports. Progress goes to stderr; the result must survive JSON. */
export interface Benchmark {
  run(options: { readonly json: boolean }): Promise<object>;
}

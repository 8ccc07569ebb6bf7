/** Paths of Prometheus' programs. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Those of the machine, else Debian's, fetched into the tools folder. Throws BootstrapError with the reason where there are none. */
export declare function provisionPrometheus(): Promise<PrometheusPrograms>;

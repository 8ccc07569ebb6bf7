/** A panel of a dashboard: a title, what it means, and its queries in PromQL. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  /** Of Grafana. */
  readonly unit: string;
  readonly queries: readonly (readonly [legend: string, expression: string])[];
}

/** Prometheus' programs for tests: Debian's, fetched when they are not there. */

import { type PrometheusPrograms, provisionPrometheus } from '../../bootstrap/prometheus.mjs';

/** The programs; where they cannot be had the reason is printed, and the test that asks proves nothing on this machine. */
export async function prometheusOrReason(): Promise<PrometheusPrograms | undefined> {
  try {
    return await provisionPrometheus();
  } catch (error) {
    process.stderr.write(`NOT RUN: ${(error as Error).message}\n`);
    return undefined;
  }
}

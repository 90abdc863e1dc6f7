/** Metrics of a Tautline server for Prometheus and whoever reads its format. No dependency. */
export type { MetricFormat } from './exposition.ts'
export { createPrometheus, type PrometheusMetrics, type PrometheusOptions } from './prometheus.ts'

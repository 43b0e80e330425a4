import { randomBytes } from 'node:crypto'

/** Counters and gauges of one service, read as Prometheus text (exposition format 0.0.4). */
export interface Metrics {
  count(name: string, labels?: Record<string, string>, by?: number): void
  /** `read` is called when somebody looks. */
  gauge(name: string, read: () => number | Promise<number>): void
  text(): Promise<string>
}

export function openMetrics(service: string): Metrics {
  const counters = new Map<string, number>()
  const gauges = new Map<string, () => number | Promise<number>>()
  return {
    count(name, labels = {}, by = 1) {
      const series = `mirage_${name}_total{${labelText({ service, ...labels })}}`
      counters.set(series, (counters.get(series) ?? 0) + by)
    },
    gauge(name, read) {
      gauges.set(`mirage_${name}{${labelText({ service })}}`, read)
    },
    async text() {
      const lines = [...counters].map(([series, value]) => `${series} ${value}`)
      for (const [series, read] of gauges) lines.push(`${series} ${await read()}`)
      return lines.sort().join('\n') + '\n'
    },
  }
}

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',')
}

/** A W3C `traceparent` of the caller's trace with a span of its own, or of a new trace. */
export function continueTrace(traceparent?: string): string {
  const trace =
    /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '')?.[1] ?? randomBytes(16).toString('hex')
  return `00-${trace}-${randomBytes(8).toString('hex')}-01`
}

import { describe, expect, it } from 'vitest'
import { openMetrics } from './telemetry.ts'

describe('metrics', () => {
  it('add up by label, escape them, and read gauges when somebody looks', async () => {
    const metrics = openMetrics('toys')
    let depth = 1
    metrics.count('made', { kind: 'a "b"\\\n' })
    metrics.count('made', { kind: 'a "b"\\\n' }, 2)
    metrics.count('made')
    metrics.gauge('queue', async () => depth)
    depth = 7
    expect(await metrics.text()).toBe(
      [
        'mirage_made_total{service="toys",kind="a \\"b\\"\\\\\\n"} 3',
        'mirage_made_total{service="toys"} 1',
        'mirage_queue{service="toys"} 7',
        '',
      ].join('\n'),
    )
  })
})

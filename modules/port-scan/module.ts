import { defineModule, observe, t } from '@mirage/module-sdk'
import { printableBanner, readBanner } from './banner.ts'

/** Where services that matter listen: what administrators, attackers and every scanner look at first. */
const commonPorts = [
  21, 22, 23, 25, 53, 79, 80, 81, 110, 111, 113, 135, 139, 143, 179, 389, 443, 445, 465, 512, 513, 514, 515, 548, 554,
  587, 631, 636, 873, 989, 990, 993, 995, 1080, 1433, 1521, 1723, 1883, 2049, 2082, 2083, 2181, 2222, 2375, 2376, 3000,
  3128, 3260, 3268, 3306, 3389, 4443, 4848, 5000, 5060, 5222, 5432, 5601, 5672, 5900, 5984, 5985, 6000, 6379, 6443,
  7001, 8000, 8008, 8080, 8081, 8086, 8443, 8888, 9000, 9042, 9090, 9092, 9200, 9300, 9418, 10000, 10250, 11211, 15672,
  25565, 27017, 50000,
]

/**
 * Which TCP ports of an address are open, and what speaks there by what it says first. Nothing is sent but the
 * handshake, so protocols in which the client speaks first show as open and no more.
 */
export const module = defineModule({
  id: 'port-scan',
  version: 1,
  title: 'Port scan',
  summary: 'Open TCP ports of an address, with the product behind them where it greets',
  homepage: 'https://www.rfc-editor.org/rfc/rfc9293',
  consumes: [{ type: 'ip-address' }],
  produces: ['open-port', 'service', 'technology'],
  contact: 'target',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { concurrency: 20, timeout: '5m' },
  settings: t.Object({
    ports: t.Array(t.Integer({ minimum: 1, maximum: 65_535 }), {
      default: commonPorts,
      description: 'TCP ports to try.',
    }),
  }),
  sample: '198.18.0.10',
  async *run({ entity, tcp, settings }) {
    const host = entity.value.includes(':') ? `[${entity.value}]` : entity.value
    for await (const { port, state, banner } of tcp.scan(entity.value, new Set(settings.ports))) {
      if (state !== 'open') continue
      const text = new TextDecoder('latin1').decode(banner ?? new Uint8Array())
      const greeting = readBanner(text)
      const socket = `${host}:${port}/tcp`
      yield observe('open-port', socket, {
        via: 'port',
        attributes: { protocol: greeting?.protocol, banner: printableBanner(text) },
      })
      if (!greeting?.product) continue
      const { protocol, product, version } = greeting
      const service = `${socket} ${protocol} ${product}`
      const from = { type: 'open-port', value: socket } as const
      yield observe('service', service, { via: 'product_used', from, attributes: { version } })
      yield observe('technology', product, {
        via: 'product_used',
        from: { type: 'service', value: service },
        attributes: { version },
      })
    }
  },
})

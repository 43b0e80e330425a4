import { canonicalAddress } from '../../address.ts'
import { isDefanged, refang } from '../../refang.ts'
import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const openPort: EntityDefinition = {
  type: 'open-port',
  version: 1,
  title: 'Open port',
  plural: 'Open ports',
  form: '`address:port/protocol`, IPv6 in brackets, protocol `tcp`, `udp` or `sctp`; never a name',
  examples: [
    { raw: '192.0.2.1:443', value: '192.0.2.1:443/tcp' },
    { raw: '192.0.2.1:53/UDP', value: '192.0.2.1:53/udp' },
    { raw: '[2001:DB8::1]:0022/tcp', value: '[2001:db8::1]:22/tcp' },
    { raw: '[::ffff:192.0.2.1]:80', value: '192.0.2.1:80/tcp' },
  ],
  counterExamples: [
    'example.com:443',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.1',
    '2001:db8::1:443',
    '192.0.2.1:80/http',
    '',
  ],
  normalise: normaliseOpenPort,
  display: displayAsIs,
}

/** `address:port/protocol`; without a protocol it is TCP. */
export function normaliseOpenPort(raw: string): string | undefined {
  if (raw.length > 128) return undefined
  const plain = isDefanged(raw) ? refang(raw).text : raw
  const match = /^\s*(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})(?:\/(tcp|udp|sctp))?\s*$/i.exec(plain)
  if (!match) return undefined
  const [, v6, v4, digits, protocol = 'tcp'] = match
  const address = canonicalAddress(v6 ?? v4 ?? '')
  const port = Number(digits)
  if (address === undefined || port < 1 || port > 65_535) return undefined
  return openPortValue(address, port, protocol.toLowerCase())
}

/** The canonical value of a port on a canonical address. */
function openPortValue(address: string, port: number, protocol = 'tcp'): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}/${protocol}`
}

/** The address of a canonical `open-port` or `service` value. */
export function addressOfPort(value: string): string {
  return value.startsWith('[') ? value.slice(1, value.indexOf(']')) : value.slice(0, value.indexOf(':'))
}

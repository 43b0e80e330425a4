import type { DnsRecord, RecordType } from '@mirage/model/exchange.ts'
import type { Machine } from './machine.ts'

/**
 * Zone data as people write it: `owner TYPE data`, one record a line, `#` comments. `@` is the zone's own name; a name
 * that ends in a dot is absolute, every other is below the zone. `HOST machine` stands for the A and AAAA records of
 * that machine; an A or AAAA without digits names a machine, too. TXT data runs to the end of the line.
 */
export function parseZoneText(zone: string, text: string, machines: ReadonlyMap<string, Machine>): DnsRecord[] {
  const records: DnsRecord[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(line)
    if (!match || match[1]!.startsWith('#')) continue
    const owner = absolute(match[1]!, zone)
    const type = match[2]!
    const data = match[3]!
    const isMachine = type === 'HOST' || ((type === 'A' || type === 'AAAA') && machines.has(data))
    if (isMachine) {
      const machine = machines.get(data)
      if (!machine) throw new Error(`zone ${zone}: no machine "${data}"`)
      for (const address of machine.addresses) {
        const family = address.includes(':') ? 'AAAA' : 'A'
        if (type === 'HOST' || type === family) records.push({ name: owner, type: family, ttl: 300, data: address })
      }
    } else records.push({ name: owner, type: type as RecordType, ttl: 300, data: dataOf(type, data, zone) }) // written in this folder
  }
  return records
}

function dataOf(type: string, data: string, zone: string): string {
  switch (type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return absolute(data, zone)
    case 'MX':
    case 'SRV': {
      const fields = data.split(/\s+/)
      const target = fields.pop()!
      return [...fields, absolute(target, zone)].join(' ')
    }
    case 'SOA': {
      const [mname, rname, ...numbers] = data.split(/\s+/)
      return [absolute(mname!, zone), absolute(rname!, zone), ...numbers].join(' ')
    }
    default:
      return data
  }
}

function absolute(name: string, zone: string): string {
  if (name === '@') return zone
  if (name === '.') return '.'
  return name.endsWith('.') ? name.slice(0, -1) : `${name}.${zone}`
}

import { compareNames } from '@mirage/model/canonical-order.ts'
import { type DnsAnswer, type DnsRecord, type DnsStatus, type RecordType, recordTypes } from '@mirage/model/exchange.ts'
import type { Dns } from './context.ts'
import { ModuleError } from './error.ts'

export interface ReplayZone {
  dns: Dns
  unused(): string[]
}

const statuses: readonly string[] = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'TIMEOUT', 'LIED', 'NODATA']

/**
 * A resolver over lines such as these, one record or status each:
 *
 * ```
 * www.northwind.example  CNAME  web.northwind.example
 * web.northwind.example  300 A  192.0.2.10
 * old.northwind.example  SERVFAIL
 * *.dev.northwind.example  A  192.0.2.99
 * * NXDOMAIN
 * northwind.example  NSEC  dev.northwind.example SOA NS RRSIG NSEC
 * transfer northwind.example ns1.northwind.example
 * transfer northwind.example ns2.northwind.example fails
 * ```
 *
 * A name that has records answers NODATA for other types. A name that is not there is unexpected, unless a line
 * `* STATUS` says what all others answer; with `* NXDOMAIN` a name above others answers NODATA (RFC 8020). `*.parent A …`
 * is a wildcard. A question for NSEC, asked of a name that has none, is answered with the NSEC record that spans the name.
 * `transfer ZONE SERVER` makes that server give the records at and below the zone; with `fails` it cannot be reached, as
 * one without an address. Without a number the TTL is 300.
 */
export function openZone(text: string, refuse: (what: string) => never, nextExchange: () => string): ReplayZone {
  const zone = readZone(text)
  const unused = new Set([...zone.records, ...zone.transfers])

  function find(name: string, type: RecordType): { found: DnsRecord[]; known: boolean } {
    const own = zone.records.filter((record) => record.name === name)
    const parent = name.split('.').slice(1).join('.')
    const set = own.length > 0 ? own : zone.records.filter((record) => record.name === `*.${parent}`)
    const found = set.filter((record) => record.type === type || record.type === 'CNAME')
    for (const record of found) unused.delete(record)
    return { found: found.map((record) => ({ ...record, name })), known: set.length > 0 }
  }

  function answer(name: string, type: RecordType): DnsAnswer {
    const records: DnsRecord[] = []
    const reply = (status: DnsStatus): DnsAnswer => {
      const proof = type === 'NSEC' && status !== 'NOERROR' ? spanning(name) : []
      const evidence = { server: '192.0.2.53', exchange: nextExchange() }
      return { name, type, status, records, ...(proof.length > 0 && { proof }), ...evidence }
    }
    let owner = name
    for (let links = 0; links < 16; links++) {
      const status = zone.statuses.get(owner)
      if (status) return reply(status)
      const { found, known } = find(owner, type)
      if (!known && type === 'NSEC' && spanning(owner).length > 0) return reply('NXDOMAIN')
      if (!known) return reply(absence(owner) ?? refuse(`DNS ${owner} ${type}`))
      records.push(...found)
      const alias = type === 'CNAME' ? undefined : found.find((record) => record.type === 'CNAME')
      if (!alias) return reply(found.length > 0 ? 'NOERROR' : 'NODATA')
      owner = alias.data
    }
    return reply('SERVFAIL')
  }

  function absence(name: string): DnsStatus | undefined {
    const isAbove = zone.otherwise === 'NXDOMAIN' && zone.records.some((record) => record.name.endsWith(`.${name}`))
    return isAbove ? 'NODATA' : zone.otherwise
  }

  /** The NSEC record behind whose owner, and before whose next name, a name stands; the last one of a zone ends at its start. */
  function spanning(name: string): DnsRecord[] {
    const found = zone.records.filter(({ name: owner, type, data }) => {
      const next = data.split(' ', 1)[0]!
      const isBefore = compareNames(next, owner) <= 0 ? name.endsWith(`.${next}`) : compareNames(name, next) < 0
      return type === 'NSEC' && compareNames(owner, name) < 0 && isBefore
    })
    for (const record of found) unused.delete(record)
    return found
  }

  const dns: Dns = {
    async resolve(name, type) {
      return answer(name, type)
    },
    async *resolveMany(questions) {
      const asked = new Set<string>()
      for await (const { name, type } of questions) {
        const key = `${name} ${type}`
        if (!asked.has(key)) yield answer(name, type)
        asked.add(key)
      }
    },
    async *guess(parent, labels) {
      for (const label of labels) {
        const name = `${label}.${parent}`
        if (!zone.records.some((record) => record.name === name)) continue
        const reply = answer(name, 'A')
        yield reply.status === 'NOERROR' ? reply : answer(name, 'AAAA')
      }
    },
    async isWildcard(parent) {
      const records = zone.records.filter(({ name }) => name === `*.${parent}`)
      for (const record of records) unused.delete(record)
      return records.length > 0
    },
    async transfer(name, server) {
      const line = zone.transfers.find((transfer) => transfer.zone === name && transfer.server === server)
      if (!line) return undefined
      unused.delete(line)
      if (line.fails) throw new ModuleError('unreachable', `${server} could not be resolved.`)
      const records = zone.records.filter((record) => record.name === name || record.name.endsWith(`.${name}`))
      for (const record of records) unused.delete(record)
      return { records, exchange: nextExchange() }
    },
  }
  return {
    dns,
    unused: () =>
      [...unused].map(
        (line) =>
          `DNS ${'zone' in line ? `transfer ${line.zone} ${line.server}` : `${line.name} ${line.type} ${line.data}`}`,
      ),
  }
}

interface ZoneTransfer {
  zone: string
  server: string
  fails: boolean
}

interface Zone {
  records: DnsRecord[]
  statuses: Map<string, DnsStatus>
  otherwise: DnsStatus | undefined
  transfers: ZoneTransfer[]
}

function readZone(text: string): Zone {
  const zone: Zone = { records: [], statuses: new Map(), otherwise: undefined, transfers: [] }
  for (const line of text.split('\n').map((line) => line.trim())) {
    if (line === '' || line.startsWith(';')) continue
    const transfer = /^transfer (\S+) (\S+)( fails)?$/.exec(line)
    if (transfer) {
      zone.transfers.push({ zone: transfer[1]!, server: transfer[2]!, fails: transfer[3] !== undefined })
      continue
    }
    const [, name, ttl = '300', type, data = ''] = /^(\S+)\s+(?:(\d+)\s+)?([A-Z]+)(?:\s+(.*))?$/.exec(line) ?? []
    if (name && isStatus(type) && data === '') {
      if (name === '*') zone.otherwise = type
      else zone.statuses.set(name, type)
    } else if (name && isRecordType(type) && data !== '') zone.records.push({ name, type, ttl: Number(ttl), data })
    else throw new Error(`Not a line of a replayed zone: “${line}”`)
  }
  return zone
}

function isStatus(text: string | undefined): text is DnsStatus {
  return text !== undefined && statuses.includes(text)
}

function isRecordType(text: string | undefined): text is RecordType {
  return (recordTypes as readonly (string | undefined)[]).includes(text)
}

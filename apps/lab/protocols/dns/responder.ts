import type { DnsRecord } from '@mirage/model/exchange.ts'
import type { Machine } from '../../world/machine.ts'
import { parentOf } from '../../world/parent.ts'
import type { World } from '../../world/world.ts'
import type { Zone } from '../../world/zones.ts'
import type { Failure, Failures } from '../failure.ts'
import type { TrafficLog } from '../traffic-log.ts'
import { makeNameSpace } from './name-space.ts'
import {
  maxMessage,
  type Question,
  type Rcode,
  readQuestion,
  rcodes,
  type Sections,
  typeName,
  writeAnswer,
  writeEmpty,
} from './wire.ts'

/** The DNS servers of the world, each behind an address, whatever carries the packets. */
export interface DnsResponder {
  /**
   * Answers one query to the server at `address` and returns the bytes, which are valid until the next call; undefined
   * where nothing is to be sent back.
   */
  answer(address: string, query: Buffer, from: string, transport: 'udp' | 'tcp'): Buffer | undefined
  /** The messages of a zone transfer (RFC 5936), when the query asks for one that is allowed; else undefined. */
  transfer(address: string, query: Buffer, from: string): Generator<Buffer> | undefined
  /** Every address that runs a DNS server. */
  readonly addresses: readonly string[]
}

const maxAliases = 12

export function makeDnsResponder(world: World, log: TrafficLog, failures: Failures): DnsResponder {
  const space = makeNameSpace(world)
  const out = Buffer.allocUnsafe(maxMessage + 1024)
  const servers = [...world.machines.values()].filter(({ services }) =>
    services.some(({ protocol }) => protocol === 'dns'),
  )
  const serverByAddress = new Map(servers.flatMap((server) => server.addresses.map((address) => [address, server])))
  const redirectPage = world.machines.get('liarPage')!.addresses[0]!
  const zoneHosts = new Map<Zone, string>()

  function hostOf(zone: Zone): string {
    let host = zoneHosts.get(zone)
    if (host === undefined) {
      host = space.nameServersOf(zone)[0]?.host ?? zone.servers[0]!
      zoneHosts.set(zone, host)
    }
    return host
  }

  /** What a recursive resolver answers: it follows aliases, and asks the servers of each zone it meets. */
  function resolve(
    { name, dnssec }: Question,
    type: string,
    from: string,
  ): { rcode: Rcode; answers: DnsRecord[]; authority: DnsRecord[] } {
    const answers: DnsRecord[] = []
    let owner = name
    for (let aliases = 0; aliases <= maxAliases; aliases++) {
      const { zone, exists, records } = space.ask(owner, type)
      log.record('resolver', from, 'dns', hostOf(zone), zone.role, `${type} ${owner}`)
      const source = space.sourceOf(zone)
      // Whatever keeps a zone's servers from answering, a resolver tells of it as SERVFAIL (RFC 1035 §4.1.1).
      if (source !== undefined && failures.meet(source)) return { rcode: 'SERVFAIL', answers: [], authority: [] }
      const [first] = records
      if (first === undefined) return { answers, ...negative(zone, owner, exists, dnssec) }
      for (const record of records) answers.push(record)
      if (first.type !== 'CNAME' || type === 'CNAME' || type === 'ANY')
        return { rcode: 'NOERROR', answers, authority: [] }
      owner = first.data
    }
    return { rcode: 'SERVFAIL', answers: [], authority: [] }
  }

  /** There is nothing, or no such name, with the proof where it was asked for. What is made up denies no name (RFC 9824 §3.1). */
  function negative(zone: Zone, name: string, exists: boolean, dnssec: boolean) {
    const authority = [space.soaOf(zone), ...(dnssec ? space.denialOf(zone, name) : [])]
    const isDenied = !exists && !(dnssec && zone.denial === 'minimal')
    return { rcode: isDenied ? 'NXDOMAIN' : 'NOERROR', authority } as const
  }

  function recursive(server: Machine, question: Question, type: string): Sections {
    const resolved = resolve(question, type, server.addresses[0]!)
    const sections = { ...resolved, authoritative: false, recursionAvailable: true }
    const isLie =
      server.id === 'liar' &&
      type === 'A' &&
      (resolved.rcode === 'NXDOMAIN' || question.name === 'www.fjordbank.example')
    return isLie
      ? {
          ...sections,
          rcode: 'NOERROR',
          answers: [{ name: question.name, type: 'A', ttl: 60, data: redirectPage }],
          authority: [],
        }
      : sections
  }

  /** What a server answers from its own zones: an answer, a referral to a zone below, or a refusal. */
  function authoritative(server: Machine, question: Question, type: string): Sections {
    const { name } = question
    const base = { authoritative: true, recursionAvailable: false, answers: [] }
    const { zone, exists, records } = space.ask(name, type)
    if (zone.servers.includes(server.id))
      return records.length > 0
        ? { ...base, rcode: 'NOERROR', answers: records }
        : { ...base, ...negative(zone, name, exists, question.dnssec) }
    let serves = server.id === 'root' || server.id === 'tld'
    for (let at = zone.name; !serves && at !== ''; at = parentOf(at))
      serves = world.zones.get(at)?.servers.includes(server.id) ?? false
    if (!serves) return { ...base, rcode: 'REFUSED', authoritative: false }
    const child =
      server.id === 'root' && zone.name !== ''
        ? { ...zone, name: zone.name.slice(zone.name.lastIndexOf('.') + 1), servers: ['tld'] }
        : zone
    const delegated = space.nameServersOf(child)
    return {
      ...base,
      rcode: 'NOERROR',
      authoritative: false,
      authority: delegated.map(({ host }) => ({ name: child.name, type: 'NS', ttl: 300, data: host })),
      additional: delegated.flatMap(({ host, addresses }) =>
        addresses.map((data): DnsRecord => ({ name: host, type: data.includes(':') ? 'AAAA' : 'A', ttl: 300, data })),
      ),
    }
  }

  function receive(address: string, query: Buffer, from: string): { server: Machine; question: Question } | undefined {
    const server = serverByAddress.get(address)
    const question = server && readQuestion(query)
    if (!server || !question) return undefined
    log.record(
      'client',
      from,
      'dns',
      server.reverse ?? address,
      server.role,
      `${typeName(question.type)} ${question.name}`,
    )
    return { server, question }
  }

  return {
    addresses: [...serverByAddress.keys()],
    answer(address, query, from, transport) {
      const received = receive(address, query, from)
      if (!received) return query.length >= 12 && (query[2]! & 0x80) === 0 ? malformed(query) : undefined
      const { server, question } = received
      const failure = failures.meet(address, server.reverse, server.id)
      if (failure?.silent || failure?.down || Math.random() * 100 < (failure?.lossPercent ?? 0)) return undefined
      const isRecursive = server.id === 'resolver1' || server.id === 'resolver2' || server.id === 'liar'
      if (failure?.dns !== undefined) return failed(query, question, failure.dns)
      if (question.opcode !== 0) return out.subarray(0, writeEmpty(out, query, question, 'NOTIMP', {}))
      const type = typeName(question.type)
      if (question.class !== 1 || type === 'AXFR' || type === 'TYPE251')
        return out.subarray(0, writeEmpty(out, query, question, 'REFUSED', { recursionAvailable: isRecursive }))
      const sections = isRecursive ? recursive(server, question, type) : authoritative(server, question, type)
      const limit = transport === 'udp' ? Math.min(question.udpSize, 4096) : maxMessage
      const length = writeAnswer(out, query, question, sections, limit)
      return out.subarray(
        0,
        length >= 0
          ? length
          : writeEmpty(out, query, question, sections.rcode, {
              truncated: true,
              authoritative: sections.authoritative,
              recursionAvailable: isRecursive,
            }),
      )
    },
    transfer(address, query, from) {
      const question = readQuestion(query)
      const server = serverByAddress.get(address)
      const zone = question && world.zones.get(question.name)
      if (
        !server ||
        !question ||
        typeName(question.type) !== 'AXFR' ||
        !zone?.transfer ||
        !zone.servers.includes(server.id)
      )
        return undefined
      log.record('client', from, 'dns', server.reverse ?? address, server.role, `AXFR ${question.name}`)
      return transferMessages(query, question, space.transferOf(zone), space.soaOf(zone))
    },
  }

  function failed(query: Buffer, question: Question, how: NonNullable<Failure['dns']>): Buffer {
    if (how in rcodes) return out.subarray(0, writeEmpty(out, query, question, how as Rcode, {})) // one of the names
    const length = writeEmpty(out, query, question, 'NOERROR', { truncated: how === 'truncated' })
    if (how === 'wrong-id') out[0] = out[0]! ^ 255
    if (how === 'garbage') {
      out.fill(0xc5, 12, length + 40)
      return out.subarray(0, length + 40)
    }
    if (how !== 'compression-loop') return out.subarray(0, length)
    // One answer whose owner is a pointer to itself (RFC 1035 §4.1.4 forbids forward and circular pointers).
    out[7] = 1
    out.set(
      [0xc0 | (question.end >> 8), question.end & 255, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 18, 0, 1],
      question.end,
    )
    return out.subarray(0, question.end + 16)
  }

  function malformed(query: Buffer): Buffer {
    query.copy(out, 0, 0, 12)
    out[2] = 0x80 | (query[2]! & 0x79)
    out[3] = rcodes.FORMERR
    out.fill(0, 4, 12)
    return out.subarray(0, 12)
  }

  function* transferMessages(
    query: Buffer,
    question: Question,
    records: Iterable<DnsRecord>,
    soa: DnsRecord,
  ): Generator<Buffer> {
    const perMessage = 100
    let batch: DnsRecord[] = []
    function write(): Buffer {
      const length = writeAnswer(
        out,
        query,
        question,
        { rcode: 'NOERROR', authoritative: true, recursionAvailable: false, answers: batch },
        maxMessage,
      )
      batch = []
      return out.subarray(0, length)
    }
    for (const record of records) {
      batch.push(record)
      if (batch.length === perMessage) yield write()
    }
    batch.push(soa)
    yield write()
  }
}

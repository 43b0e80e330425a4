import { parseDuration } from '@mirage/kit/clock.ts'
import type { DnsAnswer } from '@mirage/model/exchange.ts'
import type { Dns, Http, Tcp, Tls, Transport, Whois } from './context.ts'
import type { Module } from './define.ts'
import { openHttp } from './http.ts'
import type { Tally } from './tally.ts'

/** The ways out that an author is given. */
export interface Face {
  http: Http
  dns: Dns
  tcp: Tcp
  tls: Tls
  whois: Whois
}

/**
 * The author's face over a raw transport for one task of `module`. What it is given is counted in `tally`, and every
 * answer becomes the evidence of what is yielded next; nothing is sent once `signal` has aborted.
 */
export function openFace(
  module: Pick<Module, 'contact' | 'limits'>,
  transport: Transport,
  tally: Tally,
  signal: AbortSignal,
): Face {
  const maxAgeMs = module.limits?.cacheFor === undefined ? undefined : parseDuration(module.limits.cacheFor)
  const defaults = { contact: module.contact, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) }
  return {
    http: openHttp(transport, defaults, tally, signal),
    dns: openDns(transport.dns, tally),
    tcp: openTcp(transport.tcp, tally),
    tls: openTls(transport.tls, tally),
    whois: openWhois(transport.whois, tally),
  }
}

function openDns(dns: Dns, tally: Tally): Dns {
  function note(answer: DnsAnswer): DnsAnswer {
    tally.queries++
    if (answer.status === 'TIMEOUT') tally.unanswered++
    tally.exchange = answer.exchange
    return answer
  }
  return {
    resolve: async (name, type) => note(await dns.resolve(name, type)),
    async *resolveMany(questions) {
      for await (const answer of dns.resolveMany(questions)) yield note(answer)
    },
    async *guess(parent, labels) {
      for await (const answer of dns.guess(parent, labels)) yield note(answer)
    },
    isWildcard: (parent, type) => dns.isWildcard(parent, type),
    async transfer(zone, server) {
      tally.queries++
      const transfer = await dns.transfer(zone, server)
      tally.exchange = transfer?.exchange
      return transfer
    },
  }
}

function openTcp(tcp: Tcp, tally: Tally): Tcp {
  return {
    async *scan(address, ports, options) {
      for await (const banner of tcp.scan(address, ports, options)) {
        tally.requests++
        tally.exchange = banner.exchange
        yield banner
      }
    },
  }
}

function openTls(tls: Tls, tally: Tally): Tls {
  return {
    async peer(host, port, options) {
      tally.requests++
      const peer = await tls.peer(host, port, options)
      tally.exchange = peer?.exchange
      return peer
    },
  }
}

function openWhois(whois: Whois, tally: Tally): Whois {
  return {
    async query(server, text) {
      tally.requests++
      const answer = await whois.query(server, text)
      tally.exchange = answer.exchange
      return answer
    },
  }
}

import type { DnsAnswer, DnsQuestion, DnsRecord, HttpAnswer } from '@mirage/model/exchange.ts'
import type { Transport } from '@mirage/module-sdk/context.ts'

/** A peer that means ill, or is broken: what it answers to every question, whatever was asked. */
export interface Hostility {
  /** The answer to the nth request of a task; what is longer than the request allows is cut, as the network cuts it. */
  http?: (url: string, nth: number) => Partial<HttpAnswer>
  dns?: (question: DnsQuestion, nth: number) => Partial<DnsAnswer>
  transfer?: (zone: string) => DnsRecord[]
  banner?: (port: number) => Uint8Array
  chain?: () => Uint8Array[]
  whois?: (server: string, nth: number) => string
}

/** Whoever is asked more often than this by one task is in an endless loop. */
const mostRequests = 5_000

export interface HostileTransport extends Transport {
  asked(): number
}

export function hostileTransport(hostility: Hostility): HostileTransport {
  let asked = 0
  let exchanges = 0
  const count = (): number => {
    if (++asked > mostRequests) throw new Error('asked without end')
    return asked
  }
  const exchange = (): string => `exchange-${++exchanges}`

  function page(url: string, maxBytes: number): HttpAnswer {
    // A path that cannot exist, which tells the crawler a site that answers everything alike from one to be read.
    const isControl = /\/[a-z2-7]{12}$/.test(url)
    const given = isControl ? { status: 404 } : (hostility.http?.(url, count()) ?? {})
    const body = given.body ?? new Uint8Array()
    return {
      exchange: exchange(),
      status: 200,
      headers: {},
      url,
      hops: [],
      address: '198.18.0.66',
      elapsedMs: 1,
      ...given,
      body: body.subarray(0, maxBytes),
      truncated: given.truncated === true || body.length > maxBytes,
    }
  }

  function answer(question: DnsQuestion): DnsAnswer {
    const given = hostility.dns?.(question, count()) ?? {}
    return { ...question, status: 'NOERROR', records: [], server: '198.18.0.53', exchange: exchange(), ...given }
  }

  async function* answers(questions: Iterable<DnsQuestion> | AsyncIterable<DnsQuestion>): AsyncGenerator<DnsAnswer> {
    for await (const question of questions) yield answer(question)
  }

  return {
    asked: () => asked,
    async request({ url, maxBytes }, signal) {
      signal.throwIfAborted()
      return page(url, maxBytes)
    },
    // A page is recorded as it was cut when it was fetched.
    recorded: async (url) => page(url, 2 * 1024 * 1024),
    dns: {
      resolve: async (name, type) => answer({ name, type }),
      resolveMany: answers,
      async *guess(parent, labels) {
        let guessed = 0
        for (const label of labels) if (guessed++ < 100) yield answer({ name: `${label}.${parent}`, type: 'A' })
      },
      isWildcard: async () => false,
      async transfer(zone) {
        count()
        return hostility.transfer && { records: hostility.transfer(zone), exchange: exchange() }
      },
    },
    tcp: {
      async *scan(address, ports) {
        for (const port of ports) {
          const banner = hostility.banner?.(port)
          yield { address, port, state: 'open', exchange: exchange(), ...(banner && { banner }) }
        }
      },
    },
    tls: {
      async peer() {
        count()
        const chain = hostility.chain?.()
        return (
          chain && {
            protocol: 'TLSv1.3',
            cipher: 'TLS_AES_128_GCM_SHA256',
            chain,
            untrusted: 'SELF_SIGNED',
            address: '198.18.0.66',
            exchange: exchange(),
          }
        )
      },
    },
    whois: {
      query: async (server) => ({ text: hostility.whois?.(server, count()) ?? '', exchange: exchange() }),
    },
  }
}

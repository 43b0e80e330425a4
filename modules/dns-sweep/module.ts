import { addressOfReverseName } from '@mirage/model/address.ts'
import type { DnsQuestion } from '@mirage/model/exchange.ts'
import { netblockOf } from '@mirage/model/netblock.ts'
import { defineModule, ModuleError, observe } from '@mirage/module-sdk'
import { isConclusive } from '@mirage/module-sdk/dns.ts'
import { sweepIpv4 } from './ipv4.ts'
import { sweepIpv6 } from './ipv6.ts'

/** A /16: at 500 questions a second, what one public resolver is asked, two minutes. */
const mostQuestions = 65_536

/**
 * The addresses of a block that have a name, and that name: PTR records (RFC 1035 §3.5, RFC 3596 §2.5). Of IPv4 every
 * address is asked about, up to a /16; of IPv6, where nobody could, the tree is followed down to what is there. For blocks in
 * scope only: those that a seed names or holds, and those an AS seed announces. What `dns-reverse` then asks of the same
 * addresses, the resolver already holds.
 */
export const module = defineModule({
  id: 'dns-sweep',
  version: 1,
  title: 'Reverse sweep',
  summary: 'Addresses of a block that point back to a name',
  homepage: 'https://www.rfc-editor.org/rfc/rfc8020',
  consumes: [{ type: 'netblock' }],
  produces: ['ip-address', 'domain'],
  contact: 'relayed',
  onlyInScope: true,
  origin: 'dns',
  useCases: ['footprint', 'investigate'],
  limits: { concurrency: 2, timeout: '30m' },
  volatile: ['ttl'],
  sample: '198.18.8.0/22',
  async *run({ entity, dns }) {
    const block = netblockOf(entity.value)
    const isIpv4 = block.bytes.length === 4
    if (isIpv4 && 2 ** (32 - block.prefix) > mostQuestions)
      throw new ModuleError('skipped', `${entity.value} is larger than a /16. Give its parts, or those that matter.`)
    let unanswered = 0
    async function* resolve(questions: Iterable<DnsQuestion>) {
      for await (const answer of dns.resolveMany(questions)) {
        if (!isConclusive(answer) && answer.status !== 'REFUSED') unanswered++
        yield answer
      }
    }
    const answers = isIpv4 ? sweepIpv4(block, resolve) : sweepIpv6(block, resolve, mostQuestions)
    for await (const { name, records } of answers) {
      const address = addressOfReverseName(name)
      if (address === undefined) continue
      for (const { type, data, ttl } of records) {
        if (type !== 'PTR') continue
        yield observe('ip-address', address, { via: 'contains' })
        const from = { type: 'ip-address', value: address } as const
        yield observe('domain', data, { via: 'ptr_record', from, attributes: { ttl } })
      }
    }
    if (unanswered > 0)
      throw new ModuleError(
        'unreachable',
        `${unanswered} questions about ${entity.value} brought no answer; what was found is kept.`,
      )
  },
})

import type { DnsAnswer } from '@mirage/model/exchange.ts'
import { defineModule, finding, ModuleError, observe } from '@mirage/module-sdk'
import { type Walk, walkChain } from './chain.ts'

/** One question a name, each after the answer to the one before: a quarter of an hour of a resolver that is near. */
const mostNames = 50_000

/**
 * Every name of a zone whose proofs of absence link them (NSEC, RFC 4034 §4). A zone that proves by hashes (NSEC3) or by
 * records that its server makes up on the spot (RFC 4470, RFC 9824) is left after one question. That a zone can be walked is
 * stated as a finding. Most names own no zone: many are asked about at once, and only one with name servers is walked.
 */
export const module = defineModule({
  id: 'dns-walk',
  version: 1,
  title: 'Zone walk',
  summary: 'All names of a zone, where its proofs of what is not there link them (NSEC)',
  homepage: 'https://www.rfc-editor.org/rfc/rfc4034',
  consumes: [{ type: 'domain' }],
  produces: ['domain'],
  contact: 'relayed',
  onlyInScope: true,
  origin: 'dns',
  useCases: ['footprint', 'investigate'],
  limits: { concurrency: 10, timeout: '30m' },
  sample: 'data.northwind.example',
  batch: 1000,
  async *runBatch({ entities, dns }) {
    /** An excluded name is refused as an answer, where `resolve` would end the task; the walk goes on behind it. */
    async function ask(name: string): Promise<DnsAnswer> {
      for await (const answer of dns.resolveMany([{ name, type: 'NSEC' }])) return answer
      throw new ModuleError('cancelled', 'It was stopped.')
    }
    const zones: string[] = []
    for await (const { name, records } of dns.resolveMany(entities.map(({ value }) => ({ name: value, type: 'NS' }))))
      if (records.some((record) => record.type === 'NS' && record.name === name)) zones.push(name)
    let found = 0
    let unfinished: ModuleError | undefined
    for (const zone of zones.sort()) {
      const from = { type: 'domain', value: zone } as const
      const walk = walkChain(zone, ask, mostNames)
      for (;;) {
        const step = await walk.next()
        if (step.done) {
          unfinished ??= trouble(zone, step.value, found)
          if (step.value.end === 'whole') yield walkable(zone)
          break
        }
        found++
        const name = step.value
        if (name.startsWith('*.'))
          yield observe('domain', name.slice(2), { via: 'subdomain', from, tags: ['wildcard'] })
        else yield observe('domain', name, { via: 'subdomain', from })
      }
    }
    if (unfinished) throw unfinished
  },
})

/** What a walk leaves unsaid. A zone that cannot be walked is no news where another one could. */
function trouble(zone: string, { end, at }: Walk, found: number): ModuleError | undefined {
  switch (end) {
    case 'minimal': {
      const reason = `The servers of ${zone} make their proofs up for each question: they link no names.`
      return found > 0 ? undefined : new ModuleError('skipped', reason)
    }
    case 'limit':
      return new ModuleError('skipped', `${zone} has more than ${mostNames} names; those up to ${at} are there.`)
    case 'broken':
      return new ModuleError('unreachable', `The names of ${zone} break off at ${at}: nobody tells what follows.`)
    default:
      return undefined
  }
}

function walkable(zone: string) {
  return finding({
    rule: 'dns-walk.open',
    severity: 'low',
    title: 'The zone tells all its names',
    explanation: `The proofs that a name of ${zone} does not exist (NSEC) link its names, so that whoever follows them has all of them. Sign it with NSEC3, or have its servers make minimal proofs (RFC 9824).`,
    about: [{ type: 'domain', value: zone }],
  })
}

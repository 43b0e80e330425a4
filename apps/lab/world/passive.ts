import { mix, wordNumber } from './random.ts'
import { answerWeb } from './web.ts'
import type { World } from './world.ts'

/** What collectors of passive data have seen of a domain. All of it is still true. */

/** Names with an address of their own, as a host search lists them: about a third of the public ones. */
export function* hostSearch(world: World, domain: string): Generator<{ name: string; address: string }> {
  const below = `.${domain}`
  for (const [name, records] of world.records) {
    if ((name !== domain && !name.endsWith(below)) || !isPublic(name)) continue
    if (mix(world.seed, wordNumber(name), 21) % 3 !== 0) continue
    const address = records.find(({ type }) => type === 'A')?.data
    if (address !== undefined) yield { name, address }
  }
  if (domain !== 'northwind.example') return
  const { fleet } = world
  for (let index = 0; index < fleet.names; index++)
    if (isHostSearched(world, index)) yield { name: fleet.nameOf(index), address: fleet.addressOf(index) }
}

/** The names that a reverse search lists at an address: about half of the public ones that own its record. */
export function namesAt(world: World, address: string): string[] {
  return [...world.records]
    .filter(([name, records]) => isPublic(name) && records.some(({ type, data }) => type === 'A' && data === address))
    .map(([name]) => name)
    .filter((name) => mix(world.seed, wordNumber(name), 26) % 2 === 0)
}

/** True when the host search lists this name of the fleet: one in twenty. */
export function isHostSearched(world: World, index: number): boolean {
  const fate = world.fleet.fateOf(index)
  return (fate === 'host' || fate === 'dual') && mix(world.seed, 22, index) % 20 === 0
}

/** A page that somebody had scanned in public. */
export interface ScannedPage {
  id: string
  url: string
  domain: string
  address: string
  title: string
  server: string | undefined
  asn: number
  asName: string
  status: number
  /** ISO 8601. */
  scannedAt: string
}

/** Public scans of pages of a domain; the newest first. */
export function scannedPages(world: World, domain: string): ScannedPage[] {
  const pages: ScannedPage[] = []
  for (const name of world.records.keys()) {
    if ((name !== domain && !name.endsWith(`.${domain}`)) || !isPublic(name)) continue
    const key = wordNumber(name)
    const address = world.addressesOf(name)[0]
    const answer = address === undefined ? undefined : answerWeb(world, { address, port: 443, host: name, path: '/' })
    if (address === undefined || answer?.status !== 200 || answer.site?.parked || mix(world.seed, key, 23) % 4 !== 0)
      continue
    const network = world.networkOf(address)
    pages.push({
      id: `${mix(world.seed, key, 24).toString(16).padStart(8, '0')}-0000-4000-8000-${mix(key, 25).toString(16).padStart(12, '0')}`,
      url: `https://${name}/`,
      domain: name,
      address,
      title: answer.page?.title ?? '',
      server: typeof answer.headers['server'] === 'string' ? answer.headers['server'] : undefined,
      asn: network?.asn ?? 0,
      asName: world.systems.find(({ asn }) => asn === network?.asn)?.name ?? '',
      status: 200,
      scannedAt: `2025-0${(key % 8) + 1}-1${key % 9}T12:00:00.000Z`,
    })
  }
  return pages.sort((a, b) => b.scannedAt.localeCompare(a.scannedAt) || a.id.localeCompare(b.id))
}

/** E-mail addresses of a domain that a search for business contacts lists. */
export function knownMailboxes(
  world: World,
  domain: string,
): { email: string; first?: string; last?: string; title?: string; source: string }[] {
  if (domain !== 'northwind.example') return []
  const { people } = world
  return [
    ...people.slice(0, 6).map(({ email, first, last, title }) => ({
      email,
      first,
      last,
      title,
      source: 'https://www.northwind.example/team',
    })),
    { email: 'info@northwind.example', source: 'https://www.northwind.example/contact' },
    { email: 'tradefair@northwind.example', source: 'https://www.fjordbank.example/trade' },
  ]
}

/** Names that strangers can have met: not those of internal zones, of wildcards, of services, nor the well-hidden. */
function isPublic(name: string): boolean {
  return !/(^|\.)(\*|_[^.]+|k7-orchid-internal|tape-library|console-7|preview|eu)\.|\.corp\.|^(k7-orchid-internal|tape-library|console-7|corp|ns\.corp)\./.test(
    name,
  )
}

import { fleetServices } from './indexed.ts'
import type { Machine, Service } from './machine.ts'
import { type Page, renderPage } from './page.ts'
import { pick } from './random.ts'
import type { Site } from './site.ts'
import { technologies, type TechnologyName } from './technologies.ts'
import type { World } from './world.ts'

/** What a web server of the world answers to a GET. */
export interface WebAnswer {
  status: number
  headers: Record<string, string | string[]>
  body: Uint8Array
  /** The page behind it, for the truth; absent for a redirect of the whole site and for what is not there. */
  page?: Page
  site: Pick<Site, 'technologies' | 'favicon' | 'parked' | 'catchAll'> | undefined
}

export interface WebQuestion {
  address: string
  port: number
  /** The Host header without its port, lower case. */
  host: string
  /** Path and query. */
  path: string
}

/** What listens on a TCP port of an address: undefined for an address without a machine, `closed`, `filtered`, or the service. */
export function serviceAt(world: World, address: string, port: number): Service | 'closed' | 'filtered' | undefined {
  const slot = slotOf(world, address)
  if (slot >= 0) return fleetServices(world, slot).find((service) => service.port === port) ?? 'closed'
  const machine = world.machineAt(address)
  return machine && (machine.services.find((service) => service.port === port) ?? machine.otherPorts)
}

/** Every service of an address, in order of port. */
export function servicesAt(world: World, address: string): Service[] {
  const slot = slotOf(world, address)
  const services = slot >= 0 ? fleetServices(world, slot) : (world.machineAt(address)?.services ?? [])
  return [...services].sort((a, b) => a.port - b.port)
}

/** The fleet's slot behind an address of either family, or -1. */
export function slotOf(world: World, address: string): number {
  if (!address.includes(':')) return world.fleet.slotOf(address)
  const index = world.fleet.indexOf6(address)
  return index >= 0 ? index % world.fleet.slots : -1
}

/** The answer of the web server at this address and port; undefined where none listens. */
export function answerWeb(world: World, question: WebQuestion): WebAnswer | undefined {
  const service = serviceAt(world, question.address, question.port)
  if (typeof service !== 'object' || (service.protocol !== 'http' && service.protocol !== 'https')) return undefined
  const secure = service.protocol === 'https'
  const slot = slotOf(world, question.address)
  if (slot >= 0) return fleetAnswer(world, slot, question, secure)
  const site = siteAt(world, world.machineAt(question.address)!, question)
  if (!site) return notFound([])
  if (!secure && question.port === 80 && site.http === 'redirect') return toSecure(question, site)
  const page = site.pages.get(question.path) ?? (site.catchAll ? site.pages.get('/') : undefined)
  if (!page) return { ...notFound(site.technologies), site }
  const generator = site.technologies.map(signOf).find((sign) => sign.generator !== undefined)?.generator
  return {
    status: page.status,
    headers: {
      ...headersOf(site.technologies),
      'content-type': contentType(page.type),
      ...(page.location === undefined ? {} : { location: page.location }),
    },
    body: renderPage(page, generator),
    page,
    site,
  }
}

/** The site that a machine shows for a host name; to whoever names none of its hosts, its first. */
function siteAt(world: World, machine: Machine, { host, port }: { host: string; port: number }): Site | undefined {
  const named = world.siteOf(host)
  if (named?.machine === machine.id) return named
  const own = world.sites.filter((site) => site.machine === machine.id)
  return own.find((site) => site.port === port) ?? own.find((site) => site.catchAll) ?? own[0]
}

/** The title and products of the page that a name of the fleet shows. */
function fleetTechnologies(world: World, slot: number): TechnologyName[] {
  return pick(
    [['nginx'], ['Apache HTTP Server'], ['Apache HTTP Server', 'PHP']] as TechnologyName[][],
    world.seed,
    6,
    slot,
  )
}

const fleetContact = 'noc@northwind.example'

function fleetAnswer(world: World, slot: number, question: WebQuestion, secure: boolean): WebAnswer {
  const used = fleetTechnologies(world, slot)
  const index = world.fleet.indexOf(question.host)
  if (!secure) return toSecure(question, { technologies: used })
  if (index < 0 || index % world.fleet.slots !== slot || question.path !== '/') return notFound(used)
  const page: Page = {
    path: '/',
    status: 200,
    type: 'text/html',
    title: `Node ${world.fleet.nameOf(index)}`,
    parts: [{ kind: 'email', email: fleetContact }],
  }
  return {
    status: 200,
    headers: { ...headersOf(used), 'content-type': contentType(page.type) },
    body: renderPage(page),
    page,
    site: { technologies: used },
  }
}

function toSecure({ host, path }: WebQuestion, site: Pick<Site, 'technologies'>): WebAnswer {
  const authority = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return {
    status: 301,
    headers: { ...headersOf(site.technologies), 'content-type': 'text/html', location: `https://${authority}${path}` },
    body: Buffer.from('<html><head><title>301 Moved Permanently</title></head></html>\n'),
    site,
  }
}

function notFound(used: readonly TechnologyName[]): WebAnswer {
  return {
    status: 404,
    headers: { ...headersOf(used), 'content-type': 'text/html' },
    body: Buffer.from('<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n'),
    site: undefined,
  }
}

function headersOf(used: readonly TechnologyName[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  const cookies: string[] = []
  for (const sign of used.map(signOf)) {
    Object.assign(headers, sign.headers)
    if (sign.cookie !== undefined) cookies.push(`${sign.cookie}=6f1d2c3b4a59; Path=/; HttpOnly`)
  }
  return cookies.length > 0 ? { ...headers, 'set-cookie': cookies } : headers
}

function signOf(name: TechnologyName): {
  headers?: Readonly<Record<string, string>>
  cookie?: string
  generator?: string
} {
  return technologies[name]
}

function contentType(type: string): string {
  return type.startsWith('text/') || type.endsWith('javascript') || type.endsWith('json')
    ? `${type}; charset=utf-8`
    : type
}

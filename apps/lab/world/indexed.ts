import type { Machine, Service } from './machine.ts'
import type { World } from './world.ts'

/** What a scanner that indexes the internet knows of an address. */
export interface IndexedView {
  address: string
  services: Service[]
  hostNames: string[]
  products: { name: string; cpe: string }[]
  tags: string[]
  vulnerabilities: string[]
}

/** CPE 2.3 vendor and product (NVD's dictionary) of the products that appear in banners. */
const cpes: Record<string, string> = {
  OpenSSH: 'openbsd:openssh',
  vsftpd: 'vsftpd_project:vsftpd',
  ProFTPD: 'proftpd:proftpd',
  Postfix: 'postfix:postfix',
  Exim: 'exim:exim',
  Dovecot: 'dovecot:dovecot',
  MySQL: 'mysql:mysql',
  Dropbear: 'dropbear_ssh_project:dropbear_ssh',
}

/** The product name that a CPE of the world stands for: its product part. */
export function productOfCpe(cpe: string): string {
  return cpe.split(':')[cpe.startsWith('cpe:2.3') ? 4 : 3]!.replaceAll('_', '-')
}

/** The index's view of an IPv4 address; undefined where it knows nothing. */
export function indexedView(world: World, address: string): IndexedView | undefined {
  const slot = world.fleet.slotOf(address)
  if (slot >= 0) return world.fleet.isIndexed(slot) ? fleetView(world, slot, address) : undefined
  const machine = world.machineAt(address)
  if (!machine?.indexed || machine.services.length === 0 || address.includes(':')) return undefined
  return {
    address,
    services: machine.services,
    hostNames: hostNamesOf(world, machine),
    ...softwareOf(machine.services),
    tags: machine.sharing === 'cloud' ? ['cloud'] : machine.sharing === 'cdn' ? ['cdn'] : [],
  }
}

function fleetView(world: World, slot: number, address: string): IndexedView | undefined {
  const services = fleetServices(world, slot)
  if (services.length === 0) return undefined
  return { address, services, hostNames: [world.fleet.nameOf(slot)], ...softwareOf(services), tags: [] }
}

/** What listens at a slot of the fleet. */
export function fleetServices(world: World, slot: number): Service[] {
  const services: Service[] = []
  if (world.fleet.isSsh(slot))
    services.push({
      port: 22,
      protocol: 'ssh',
      banner: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n',
      product: 'OpenSSH',
      version: '9.2p1',
    })
  if (world.fleet.isWeb(slot)) services.push({ port: 80, protocol: 'http' }, { port: 443, protocol: 'https' })
  return services
}

/** The PTR name, and on shared hosting the customers' names, which is how neighbours become known. */
function hostNamesOf(world: World, machine: Machine): string[] {
  const names = machine.reverse ? [machine.reverse] : []
  if (machine.sharing === 'hosting')
    for (const [name, records] of world.records)
      if (records.some(({ type, data }) => type === 'A' && machine.addresses.includes(data)) && !name.startsWith('*'))
        names.push(name)
  return [...new Set(names)].sort()
}

function softwareOf(services: readonly Service[]): Pick<IndexedView, 'products' | 'vulnerabilities'> {
  const products: IndexedView['products'] = []
  for (const { product, version } of services) {
    const name = product === undefined ? undefined : cpes[product]
    if (product !== undefined && name !== undefined && !products.some((known) => known.name === product))
      products.push({ name: product, cpe: `cpe:/a:${name}${version === undefined ? '' : `:${version}`}` })
  }
  return { products, vulnerabilities: services.flatMap(({ vulnerabilities }) => vulnerabilities ?? []) }
}

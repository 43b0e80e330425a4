import type { DnsRecord } from '@mirage/model/exchange.ts'
import type { Machine } from './machine.ts'
import type { Role } from './network.ts'
import { cloudText, dataText, depotText } from './signed-zones.ts'
import { parseZoneText } from './zone-text.ts'

/** A zone of the authoritative name space. */
export interface Zone {
  name: string
  /** Ids of the machines that serve it. */
  servers: string[]
  /** Anyone may ask for all of it (AXFR). */
  transfer: boolean
  /** How it proves what is not there, where it does: by records that link its names, or that are made up for each question. */
  denial?: 'nsec' | 'minimal'
  role: Role
}

interface ZonePlan {
  name: string
  servers: string[]
  transfer?: boolean
  denial?: Zone['denial']
  role?: Role
  text: string
}

const northwindText = `
@           SOA   ns1 hostmaster 2025030101 7200 3600 1209600 300
@           NS    ns1
@           NS    ns2.dns-host.example.
@           HOST  web1
@           MX    10 mx1
@           MX    20 northwind-example.mail.protection.outlook.com.
@           TXT   v=spf1 ip4:198.18.8.0/22 ip4:198.18.16.9 ip6:2001:db8:8::/48 mx a:mail.northwind.example include:spf.protection.outlook.com include:_spf.letterbox.example -all
@           TXT   google-site-verification=Qx7aV1bN0kRt3LmZ8yPwUe5sJcHdF2gI9oTuYiRk4Ws
@           TXT   MS=ms48120734
@           CAA   0 issue "lab-trust.example"
@           CAA   0 iodef "mailto:security@northwind.example"
ns1         HOST  ns1
mx1         HOST  mx1
www         HOST  web1
careers     HOST  web1
investors   HOST  web1
partners    HOST  web1
xn--bcher-kva HOST web1
portal      HOST  web2
support     HOST  web2
docs        HOST  web2
wiki        HOST  web2
app         HOST  app1
api         HOST  app1
login       HOST  app1
dev         HOST  dev1
staging     HOST  dev1
test        HOST  dev1
ci          HOST  dev1
git         HOST  git1
vpn         HOST  vpn1
remote      HOST  vpn1
ftp         HOST  ftp1
files       CNAME ftp
db          HOST  db1
redis       HOST  db1
monitor     HOST  mon1
grafana     HOST  mon1
kibana      HOST  mon1
mail        HOST  mail1
webmail     HOST  mail1
imap        CNAME mail
smtp        CNAME mx1
legacy      HOST  legacy1
sip         HOST  voip1
vault       HOST  vault1
mta-sts     HOST  web1
brand       HOST  web1
batch       HOST  ec2
events      HOST  shared1
shop        CNAME northwind.myshopify.com.
static      CNAME d2xk3q8h1v7b4n.cloudfront.net.
assets      CNAME northwind.cdn-edge.example.
status      CNAME northwind.statuspage.io.
blog        CNAME northwind-dev.github.io.
promo       CNAME parkingpage.sedoparking.com.
old         CNAME northwind-old.azurewebsites.net.
autodiscover CNAME autodiscover.outlook.com.
# Known to nobody: neither in a certificate nor in a word list.
k7-orchid-internal HOST web2
tape-library HOST backup1
console-7   HOST  console1
_sip._tcp   SRV   10 60 5060 sip
_autodiscover._tcp SRV 0 0 443 autodiscover
_dmarc      TXT   v=DMARC1; p=quarantine; rua=mailto:dmarc@northwind.example,mailto:northwind@reports.letterbox.example; ruf=mailto:security@northwind.example; pct=100
_mta-sts    TXT   v=STSv1; id=20250301T000000
_smtp._tls  TXT   v=TLSRPTv1; rua=mailto:tls-reports@northwind.example
default._bimi TXT v=BIMI1; l=https://brand.northwind.example/logo.svg; a=
selector1._domainkey TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDLa8hbZ1mJr0u3Qw1nM5n2kT7bYQ0pVx4oJ3s6cWf9eRk2XgHtLzPqNdUyBvIaCjSmFo8KxEr5TwYhGlMnZbQpD1cVuAsXiJkOeRfTyHgUlNwBzPqMdKvSaCxIjEoFrGt5YhUnLmWkZbQpDQIDAQAB
s1._domainkey TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
# Branch previews: any name answers, one branch is real, and below it again any name answers.
*.preview   HOST  app1
main.preview HOST dev1
*.eu.preview HOST web2
main.eu.preview HOST mon1
corp        NS    ns.corp
ns.corp     HOST  corpns
data        NS    ns1
data        NS    ns2.dns-host.example.
cloud       NS    ns1
# Of IPv6 alone, in subnets of their own.
heron-6     HOST  heron6
pier-6      HOST  pier6
`

const corpText = `
@           SOA   ns hostmaster.northwind.example. 2025022801 3600 900 604800 300
@           NS    ns
@           HOST  corpweb
@           MX    10 mx1.northwind.example.
ns          HOST  corpns
dc1         HOST  dc1
intranet    HOST  corpweb
hr          CNAME intranet
payroll     A     10.20.4.15
printer-3f  A     10.20.7.31
jump        HOST  vpn1
wifi        A     10.20.0.2
office-london HOST office
backup-nas  HOST  backup1
_ldap._tcp  SRV   0 100 389 dc1
_kerberos._tcp SRV 0 100 88 dc1
note        TXT   moved to the new controller, ask it-desk@northwind.example
`

const shopText = `
@           SOA   ns1.dns-host.example. hostmaster.dns-host.example. 2025011001 7200 3600 1209600 300
@           NS    ns1.dns-host.example.
@           NS    ns2.dns-host.example.
@           HOST  shared1
@           MX    0 .
@           TXT   v=spf1 -all
www         CNAME @
`

const labsText = `
@           SOA   ns1.dns-host.example. hostmaster.northwind.example. 2025020301 7200 3600 1209600 300
@           NS    ns1.dns-host.example.
@           NS    ns2.dns-host.example.
@           HOST  ec2labs
www         HOST  ec2labs
api         HOST  ec2
# Everything else below the apex answers, too.
*           HOST  ec2labsWild
`

const logisticsText = `
@           SOA   ns1.dns-host.example. hostmaster.northwind-logistics.test. 2024120101 7200 3600 1209600 300
@           NS    ns1.dns-host.example.
@           NS    ns2.dns-host.example.
@           HOST  logisticsWeb
@           MX    10 mail
www         HOST  logisticsWeb
track       HOST  logisticsWeb
mail        HOST  logisticsMail
@           TXT   v=spf1 mx -all
`

/** Names of unrelated customers of the shared hosting machine: they are its neighbours, never Northwind's. */
export const neighbours: readonly string[] = [
  'bakery-lund',
  'cafe-solsiden',
  'dentist-moen',
  'eriksen-roofing',
  'fjell-guides',
  'garden-of-ida',
  'harbour-choir',
  'ice-cream-nord',
  'jazz-on-thursday',
  'kayak-rental-os',
  'lofoten-prints',
  'mountain-yoga',
  'nils-the-plumber',
  'oak-and-iron',
  'parish-of-berg',
  'quilt-circle',
  'rowing-club-vik',
  'ski-school-alm',
  'tango-oslo',
  'upholstery-lie',
  'violin-repair',
  'winter-market',
  'xylophone-band',
  'yarn-and-co',
  'zen-garden-bo',
].map((name) => `${name}.example`)

const elsewhereText: readonly ZonePlan[] = [
  zone('root-servers.test', ['root'], 'a HOST root\nresolver1 HOST resolver1\nresolver2 HOST resolver2'),
  zone('tld-servers.test', ['tld'], 'a HOST tld'),
  zone('dns-host.example', ['nshouse1', 'nshouse2'], '@ HOST nshouse1\nns1 HOST nshouse1\nns2 HOST nshouse2'),
  zone('hosting-harbour.example', ['nshouse1', 'nshouse2'], '@ HOST shared1\nsrv1 HOST shared1'),
  zone(
    'letterbox.example',
    ['nshouse1', 'nshouse2'],
    'in1 HOST letterbox\n_spf TXT v=spf1 ip4:198.18.112.0/20 -all\nreports HOST letterbox',
  ),
  zone('cdn-edge.example', ['platformNs'], 'northwind CNAME e7.edge\ne7.edge HOST edge'),
  zone(
    'fjord-access.example',
    ['nshouse1'],
    'customer-81 HOST office\nhost-12 HOST lookalike\nresolver HOST liar\nsearch-help HOST liarPage',
  ),
  zone('fjordbank.example', ['nshouse1', 'nshouse2'], '@ HOST bank\nwww HOST bank\n@ MX 10 in1.letterbox.example.'),
  zone('n0rthwind.example', ['nshouse1', 'nshouse2'], '@ HOST lookalike\nwww HOST lookalike\n@ MX 10 www'),
  zone('platform-zones.example', ['platformNs'], 'ns HOST platformNs'),
  zone('cloudfront.net', ['platformNs'], 'd2xk3q8h1v7b4n HOST cloudfront\nserver-198-18-64-10.lhr50.r HOST cloudfront'),
  zone('akamaitechnologies.com', ['platformNs'], 'a198-18-64-20.deploy.static HOST edge'),
  zone(
    'amazonaws.com',
    ['platformNs'],
    [
      'ec2-198-18-80-5.eu-west-1.compute HOST ec2',
      'ec2-198-18-80-6.eu-west-1.compute HOST ec2labs',
      'ec2-198-18-80-7.eu-west-1.compute HOST ec2labsWild',
      's3-eu-west-1-w HOST bucket',
      'northwind-backups.s3 CNAME s3-eu-west-1-w',
    ].join('\n'),
  ),
  zone(
    'outlook.com',
    ['platformNs'],
    [
      'northwind-example.mail.protection HOST outlook',
      'autodiscover HOST outlookWeb',
      'mail-lo2gbr01.inbound.protection HOST outlook',
      'spf.protection TXT v=spf1 ip4:198.18.112.0/21 -all',
    ].join('\n'),
  ),
  zone('myshopify.com', ['platformNs'], 'northwind CNAME shops\nshops HOST shopify'),
  zone('github.io', ['platformNs'], 'northwind-dev HOST github\ncdn-198-18-176-9 HOST github'),
  zone('statuspage.io', ['platformNs'], 'northwind CNAME pages\npages HOST statuspage'),
  zone('sedoparking.com', ['platformNs'], 'parkingpage HOST parking\nparked HOST parking'),
  zone('azurewebsites.net', ['platformNs'], 'www HOST outlookWeb'),
  zone('hostile.test', ['nshouse1'], '@ HOST hostile\n* HOST hostile'),
]

const plans: readonly ZonePlan[] = [
  { name: 'northwind.example', servers: ['ns1', 'nshouse2'], role: 'target', text: northwindText },
  { name: 'corp.northwind.example', servers: ['corpns'], transfer: true, role: 'target', text: corpText },
  { name: 'data.northwind.example', servers: ['ns1', 'nshouse2'], denial: 'nsec', role: 'target', text: dataText },
  { name: 'depot.data.northwind.example', servers: ['ns1'], role: 'target', text: depotText },
  { name: 'cloud.northwind.example', servers: ['ns1'], denial: 'minimal', role: 'target', text: cloudText },
  { name: 'northwind-shop.example', servers: ['nshouse1', 'nshouse2'], role: 'target', text: shopText },
  { name: 'northwind-labs.example', servers: ['nshouse1', 'nshouse2'], role: 'target', text: labsText },
  { name: 'northwind-logistics.test', servers: ['nshouse1', 'nshouse2'], role: 'target', text: logisticsText },
  ...neighbours.map((name) => zone(name, ['nshouse1', 'nshouse2'], '@ HOST shared1\nwww HOST shared1')),
  ...elsewhereText,
]

/** Every hand-made zone with its records. A zone without SOA and NS of its own is given those of its servers. */
export function makeZones(machines: readonly Machine[]): { zone: Zone; records: DnsRecord[] }[] {
  const byId = new Map(machines.map((machine) => [machine.id, machine]))
  return plans.map((plan) => {
    const records = parseZoneText(plan.name, plan.text, byId)
    if (!records.some(({ type }) => type === 'SOA'))
      for (const [index, server] of plan.servers.entries()) {
        const host = byId.get(server)!.reverse!
        if (index === 0)
          records.unshift({
            name: plan.name,
            type: 'SOA',
            ttl: 300,
            data: `${host} hostmaster.${plan.name} 2025010101 7200 3600 1209600 300`,
          })
        records.push({ name: plan.name, type: 'NS', ttl: 300, data: host })
      }
    return {
      zone: {
        name: plan.name,
        servers: plan.servers,
        transfer: plan.transfer ?? false,
        ...(plan.denial && { denial: plan.denial }),
        role: plan.role ?? 'infrastructure',
      },
      records,
    }
  })
}

function zone(name: string, servers: string[], text: string): ZonePlan {
  return { name, servers, text }
}

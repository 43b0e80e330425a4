import type { Role, Sharing } from './network.ts'

export type Protocol =
  | 'dns'
  | 'elasticsearch'
  | 'ftp'
  | 'http'
  | 'https'
  | 'imap'
  | 'imaps'
  | 'ldap'
  | 'mysql'
  | 'pop3'
  | 'pop3s'
  | 'rdp'
  | 'redis'
  | 'sip'
  | 'smtp'
  | 'ssh'
  | 'telnet'
  | 'unknown'
  | 'whois'

/** What listens on a TCP port. */
export interface Service {
  port: number
  protocol: Protocol
  /** The first bytes the server sends; absent when it waits for the client. */
  banner?: string
  /** What runs there, and its version, as the banner tells it. */
  product?: string
  version?: string
  /** Known weaknesses, as scanners that index the internet list them. */
  vulnerabilities?: string[]
}

/** A host of the world: the same behaviour on each of its addresses. */
export interface Machine {
  id: string
  role: Role
  /** The id of its network, that of its IPv4 addresses where it has some. */
  network: string
  addresses: string[]
  /** Its PTR name, the same for each address; absent: none. */
  reverse?: string
  sharing?: Sharing
  services: Service[]
  /** What a packet to a port without a service meets. */
  otherPorts: 'closed' | 'filtered'
  /** Scanners that index the internet know it. */
  indexed: boolean
}

/** Host name software as it announces itself: banner, product and version agree. */
export const software = {
  openssh: {
    protocol: 'ssh',
    banner: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n',
    product: 'OpenSSH',
    version: '9.2p1',
  },
  opensshOld: {
    protocol: 'ssh',
    banner: 'SSH-2.0-OpenSSH_7.4\r\n',
    product: 'OpenSSH',
    version: '7.4',
    vulnerabilities: ['CVE-2018-15473'],
  },
  dropbear: { protocol: 'ssh', banner: 'SSH-2.0-dropbear_2022.83\r\n', product: 'Dropbear', version: '2022.83' },
  vsftpd: { protocol: 'ftp', banner: '220 (vsFTPd 3.0.3)\r\n', product: 'vsftpd', version: '3.0.3' },
  proftpd: {
    protocol: 'ftp',
    banner: '220 ProFTPD 1.3.5 Server (Northwind files) [ftp.northwind.example]\r\n',
    product: 'ProFTPD',
    version: '1.3.5',
    vulnerabilities: ['CVE-2015-3306'],
  },
  dovecotImap: {
    protocol: 'imap',
    banner: '* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS] Dovecot ready.\r\n',
    product: 'Dovecot',
  },
  dovecotPop: { protocol: 'pop3', banner: '+OK Dovecot ready.\r\n', product: 'Dovecot' },
  mysql: {
    protocol: 'mysql',
    // A protocol 10 greeting: length, sequence, version, thread id and scramble (MySQL client/server protocol).
    banner:
      '\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00caching_sha2_password\x00',
    product: 'MySQL',
    version: '8.0.36',
  },
  telnet: { protocol: 'telnet', banner: '\xff\xfb\x01\xff\xfb\x03\r\nlegacy login: ' },
  redis: { protocol: 'redis' },
  http: { protocol: 'http' },
  https: { protocol: 'https' },
  dns: { protocol: 'dns' },
  sip: { protocol: 'sip' },
  ldap: { protocol: 'ldap' },
  rdp: { protocol: 'rdp' },
  elasticsearch: { protocol: 'elasticsearch' },
  imaps: { protocol: 'imaps' },
  pop3s: { protocol: 'pop3s' },
  whois: { protocol: 'whois' },
  hidden: { protocol: 'unknown', banner: 'maintenance console\r\n' },
} as const satisfies Record<string, Omit<Service, 'port' | 'vulnerabilities'> & { vulnerabilities?: readonly string[] }>

export type SoftwareName = keyof typeof software | 'postfix' | 'exim' | 'microsoftSmtp'

/** The service that this software makes of a port; mail servers greet with the machine's own name. */
export function serviceOf(port: number, name: SoftwareName, hostName: string): Service {
  if (name === 'postfix')
    return { port, protocol: 'smtp', banner: `220 ${hostName} ESMTP Postfix (Debian)\r\n`, product: 'Postfix' }
  if (name === 'exim')
    return {
      port,
      protocol: 'smtp',
      banner: `220 ${hostName} ESMTP Exim 4.96 Sat, 01 Mar 2025 10:00:00 +0000\r\n`,
      product: 'Exim',
      version: '4.96',
    }
  if (name === 'microsoftSmtp')
    return { port, protocol: 'smtp', banner: `220 ${hostName} Microsoft ESMTP MAIL Service ready\r\n` }
  const { vulnerabilities, ...service } = software[name] as Omit<Service, 'port' | 'vulnerabilities'> & {
    vulnerabilities?: readonly string[]
  } // one shape for all rows
  return { port, ...service, ...(vulnerabilities ? { vulnerabilities: [...vulnerabilities] } : {}) }
}

/** What a banner tells of what runs there. */
export interface Greeting {
  /** The application protocol: `ssh`, `smtp`. */
  protocol: string
  product?: string
  version?: string
}

/** First match wins. A group names the version; a protocol without product says only what is spoken. */
const greetings: [pattern: RegExp, protocol: string, product?: string][] = [
  // SSH identification string, RFC 4253 §4.2.
  [/^SSH-[\d.]+-OpenSSH_([\w.]+)/, 'ssh', 'OpenSSH'],
  [/^SSH-[\d.]+-dropbear_?([\d.]*)/, 'ssh', 'Dropbear'],
  [/^SSH-[\d.]+-libssh[_-]?([\d.]*)/, 'ssh', 'libssh'],
  [/^SSH-[\d.]+-Cisco-([\d.]+)/, 'ssh', 'Cisco SSH'],
  [/^SSH-[\d.]+-/, 'ssh'],
  // FTP and SMTP greet with 220, RFC 959 and RFC 5321 §4.2.
  [/^220[ -]\(vsFTPd ([\d.]+)\)/, 'ftp', 'vsftpd'],
  [/^220[ -].*ProFTPD(?: ([\d.]+\w*))?/, 'ftp', 'ProFTPD'],
  [/^220[ -].*Pure-FTPd/, 'ftp', 'Pure-FTPd'],
  [/^220[ -]FileZilla Server(?: version)? ?v?([\d.]*)/i, 'ftp', 'FileZilla Server'],
  [/^220[ -]Microsoft FTP Service/, 'ftp', 'Microsoft FTP Service'],
  [/^220[ -]\S+ E?SMTP Postfix/, 'smtp', 'Postfix'],
  [/^220[ -]\S+ E?SMTP Exim (\d[\d.]*)/, 'smtp', 'Exim'],
  [/^220[ -]\S+ E?SMTP Sendmail (\d[\w.]*)/, 'smtp', 'Sendmail'],
  [/^220[ -]\S+ E?SMTP OpenSMTPD/, 'smtp', 'OpenSMTPD'],
  [/^220[ -]\S+ E?SMTP MailEnable/, 'smtp', 'MailEnable'],
  [/^220[ -].*E?SMTP/, 'smtp'],
  [/^220[ -].*FTP/i, 'ftp'],
  // POP3 and IMAP, RFC 1939 and RFC 9051.
  [/^\+OK.*Dovecot/, 'pop3', 'Dovecot'],
  [/^\+OK .*Cyrus POP3 v?([\d.]+)/, 'pop3', 'Cyrus IMAP'],
  [/^\+OK/, 'pop3'],
  [/^\* OK.*Dovecot/, 'imap', 'Dovecot'],
  [/^\* OK.*Courier-IMAP/, 'imap', 'Courier IMAP'],
  [/^\* OK.*Cyrus IMAP v?([\d.]+)/, 'imap', 'Cyrus IMAP'],
  [/^\* OK/, 'imap'],
  // A server's first packet in the MySQL protocol: length, sequence 0, protocol 10, version up to a NUL.
  [/^[^]{3}\0\n(?:5\.5\.5-)?(\d[\d.]+)-MariaDB/, 'mysql', 'MariaDB'],
  [/^[^]{3}\0\n(\d[\d.]+)[^\0]*\0/, 'mysql', 'MySQL'],
  [/^RFB \d{3}\.\d{3}\n/, 'vnc'],
  [/^-(?:ERR|NOAUTH|DENIED).*[Rr]edis/, 'redis', 'Redis'],
  [/^HTTP\/1\.[01] \d{3}/, 'http'],
  // Telnet commands begin with the byte 255, RFC 854.
  [/^\u00ff[\u00fb-\u00fe]/, 'telnet'],
]

/** What a banner, read as Latin-1, tells; undefined when it is not known. */
export function readBanner(banner: string): Greeting | undefined {
  const start = banner.slice(0, 1024)
  for (const [pattern, protocol, product] of greetings) {
    const match = pattern.exec(start)
    if (!match) continue
    const version = match[1]
    return { protocol, ...(product ? { product } : {}), ...(product && version ? { version } : {}) }
  }
  return undefined
}

/** The printable part of a banner on one line, for people: what is not printable is a dot. */
export function printableBanner(banner: string): string {
  return banner
    .slice(0, 300)
    .trim()
    .replace(/\r?\n/g, ' ⏎ ')
    .replace(/[^\x20-\x7e⏎]/g, '.')
}

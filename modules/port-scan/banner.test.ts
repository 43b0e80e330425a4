import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { printableBanner, readBanner } from './banner.ts'

test.for([
  ['SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n', 'ssh OpenSSH 9.2p1'],
  ['SSH-2.0-dropbear_2022.83\r\n', 'ssh Dropbear 2022.83'],
  ['SSH-2.0-Go\r\n', 'ssh'],
  ['220 (vsFTPd 3.0.3)\r\n', 'ftp vsftpd 3.0.3'],
  ['220 ProFTPD 1.3.5 Server (Files) [ftp.northwind.example]\r\n', 'ftp ProFTPD 1.3.5'],
  ['220 mail.northwind.example ESMTP Postfix (Debian)\r\n', 'smtp Postfix'],
  ['220 mx.northwind.example ESMTP Exim 4.96 Sat, 01 Mar 2025 10:00:00 +0000\r\n', 'smtp Exim 4.96'],
  ['220 mx.northwind.example Microsoft ESMTP MAIL Service ready\r\n', 'smtp'],
  ['* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n', 'imap Dovecot'],
  ['+OK Dovecot ready.\r\n', 'pop3 Dovecot'],
  ['J\0\0\0\n8.0.36\0\u0008\0\0\0abcdefgh\0', 'mysql MySQL 8.0.36'],
  ['n\0\0\0\n5.5.5-10.11.6-MariaDB-0+deb12u1\0', 'mysql MariaDB 10.11.6'],
  ['\u00ff\u00fb\u0001\u00ff\u00fb\u0003\r\nlogin: ', 'telnet'],
  ['maintenance console\r\n', undefined],
  ['', undefined],
] as const)('%j is %s', ([banner, expected]) => {
  const greeting = readBanner(banner)
  expect(greeting && Object.values(greeting).join(' ')).toBe(expected)
})

test('what people see of a banner is printable and on one line', () => {
  expect(printableBanner('\u00ff\u00fb\u0001\r\nlogin: ')).toBe('... ⏎ login:')
  assert(
    property(string({ unit: 'binary' }), (banner) => {
      expect(printableBanner(banner)).toMatch(/^[\x20-\x7e⏎]*$/)
    }),
  )
})

/** Names below a domain at which its services are announced. */
export const serviceNames = [
  // RFC 3263 (SIP) and Skype for Business
  '_sip._tcp',
  '_sips._tcp',
  '_sip._udp',
  '_sipfederationtls._tcp',
  // RFC 6120 (XMPP)
  '_xmpp-client._tcp',
  '_xmpp-server._tcp',
  // RFC 6186 (mail access), RFC 6764 (calendars and contacts)
  '_imap._tcp',
  '_imaps._tcp',
  '_pop3s._tcp',
  '_submission._tcp',
  '_caldavs._tcp',
  '_carddavs._tcp',
  // RFC 2782 (LDAP), RFC 4120 (Kerberos)
  '_ldap._tcp',
  '_kerberos._tcp',
  '_kerberos._udp',
  // Exchange
  '_autodiscover._tcp',
]

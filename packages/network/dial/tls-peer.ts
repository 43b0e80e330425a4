import type { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { TlsPeer } from '@mirage/model/exchange.ts'
import { type NetworkError, toNetworkError, unreachable } from '../error.ts'

/** What fails after the TCP connection stood is TLS's, whatever Node calls it; a reset here is a peer that speaks something else. */
export function toTlsError(error: unknown, title: string): NetworkError {
  const mapped = toNetworkError(error, title)
  return mapped.reason === 'connection'
    ? unreachable('tls', `TLS with ${title} failed: ${mapped.detail}`, error)
    : mapped
}

/** What stands in for Node's own question for the whole chain. */
export function noCertificate(): DetailedPeerCertificate {
  return {} as DetailedPeerCertificate // what Node itself gives where there is none
}

/** What the peer showed, whether it is trusted or not; at most 16 certificates. */
export function describePeer(socket: TLSSocket, title: string): TlsPeer {
  const leaf = socket.getPeerX509Certificate()
  const chain: Uint8Array[] = []
  for (let at = leaf; at !== undefined && chain.length < 16; at = at.issuerCertificate) {
    const der = at.raw
    if (chain.some((known) => Buffer.compare(known, der) === 0)) break // a self-signed certificate is its own issuer
    chain.push(der)
  }
  const cipher = socket.getCipher()
  const untrusted = whyUntrusted(socket, leaf, title)
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: cipher?.standardName ?? cipher?.name ?? 'unknown',
    chain,
    ...(untrusted !== undefined && { untrusted }),
  }
}

/** What OpenSSL says against the chain, else what Node says against its names; undefined when nothing is. */
function whyUntrusted(socket: TLSSocket, leaf: X509Certificate | undefined, title: string): string | undefined {
  if (!socket.authorized) {
    // Node types the code OpenSSL gives as an Error.
    const said: unknown = socket.authorizationError
    return said instanceof Error ? said.message : String(said)
  }
  if (leaf === undefined) return 'ERR_TLS_CERT_ALTNAME_INVALID'
  const { subjectAltName } = leaf
  // The common name counts only where no name of a host is given, and is dear to read.
  const subject = subjectAltName?.includes('DNS:') === true ? undefined : leaf.toLegacyObject().subject
  // The two fields that Node compares.
  const names = { subjectaltname: subjectAltName, subject } as PeerCertificate
  return checkServerIdentity(title, names) === undefined ? undefined : 'ERR_TLS_CERT_ALTNAME_INVALID'
}

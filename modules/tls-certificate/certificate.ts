import { X509Certificate } from 'node:crypto'

/** What is read from a certificate. Times are ISO 8601. */
export interface CertificateFacts {
  subject: string
  issuer: string
  commonName?: string
  /** The DNS names of the subject alternative name, as they are written. */
  names: string[]
  notBefore: string
  notAfter: string
  serial: string
  key: string
  selfIssued: boolean
}

/** Reads a DER certificate (RFC 5280); undefined when it is none. */
export function readCertificate(der: Uint8Array): CertificateFacts | undefined {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch {
    return undefined
  }
  const { serialNumber, validFrom, validTo } = certificate
  // Undefined where the certificate has none, whatever the types of Node say.
  const [subject, issuer, subjectAltName] = [certificate.subject, certificate.issuer, certificate.subjectAltName].map(
    (text: string | undefined) => text ?? '',
  ) as [string, string, string]
  const commonName = /^CN=(.*)$/m.exec(subject)?.[1]
  return {
    subject: onOneLine(subject),
    issuer: onOneLine(issuer),
    ...(commonName === undefined ? {} : { commonName }),
    names: namesOf(subjectAltName),
    notBefore: instant(validFrom),
    notAfter: instant(validTo),
    serial: serialNumber.toLowerCase(),
    key: keyOf(certificate),
    selfIssued: subject !== '' && subject === issuer,
  }
}

/** Node writes `DNS:a.example, IP Address:192.0.2.1`, and quotes as JSON what holds a comma or a control character. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/(?:^|, )DNS:(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
}

function onOneLine(name: string): string {
  return name.split('\n').join(', ')
}

function instant(date: string): string {
  const at = new Date(date)
  return Number.isNaN(at.getTime()) ? date : at.toISOString()
}

function keyOf(certificate: X509Certificate): string {
  try {
    const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = certificate.publicKey
    const size = details?.namedCurve ?? details?.modulusLength
    return size === undefined ? type : `${type} ${size}`
  } catch {
    return 'unknown'
  }
}

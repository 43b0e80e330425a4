import { createHash } from 'node:crypto'
import { bitString, boolean, integer, objectId, octetString, sequence, set, tagged, time, utf8String } from './der.ts'
import { keyOf, sign, type SigningKey } from './key.ts'

/** What a certificate says. */
export interface CertificatePlan {
  /** What tells it apart; key and serial number follow from it and the seed. */
  id: string
  commonName?: string
  organization?: string
  /** Subject alternative names: DNS names, wildcards included. */
  names: readonly string[]
  /** An e-mail address among the alternative names. */
  email?: string
  /** ISO 8601. */
  notBefore: string
  notAfter: string
  issuer: 'intermediate' | 'root' | 'self'
  isAuthority?: boolean
}

export interface Certificate extends CertificatePlan {
  der: Uint8Array
  /** SHA-256 of `der`, hexadecimal. */
  fingerprint: string
  /** SHA-256 of the part that is signed. */
  tbsFingerprint: string
  /** Hexadecimal. */
  serial: string
  key: SigningKey
}

/** The names of the lab's authority; leaves are signed by the intermediate. */
export const rootPlan: CertificatePlan = {
  id: 'root',
  commonName: 'Lab Trust Root R1',
  organization: 'Lab Trust',
  names: [],
  notBefore: '2020-01-01T00:00:00Z',
  notAfter: '2049-12-31T00:00:00Z',
  issuer: 'self',
  isAuthority: true,
}

export const intermediatePlan: CertificatePlan = {
  ...rootPlan,
  id: 'intermediate',
  commonName: 'Lab Trust CA 1',
  issuer: 'root',
}

/** The certificate that a plan stands for in the world of this seed: always the same bytes (RFC 5280). */
export function buildCertificate(plan: CertificatePlan, seed: number): Certificate {
  const key = keyOf(`${seed}/key/${plan.id}`)
  const issuerPlan = plan.issuer === 'self' ? plan : plan.issuer === 'root' ? rootPlan : intermediatePlan
  const issuerKey = plan.issuer === 'self' ? key : keyOf(`${seed}/key/${issuerPlan.id}`)
  const serial = serialNumber(plan.id, seed)
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'))
  const tbs = sequence(
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    distinguishedName(issuerPlan),
    sequence(time(plan.notBefore), time(plan.notAfter)),
    distinguishedName(plan),
    sequence(sequence(objectId('1.2.840.10045.2.1'), objectId('1.2.840.10045.3.1.7')), bitString(key.point)),
    tagged(0xa3, sequence(...extensions(plan, key, issuerKey))),
  )
  const der = sequence(tbs, algorithm, bitString(sign(issuerKey, tbs)))
  return {
    ...plan,
    der,
    key,
    serial: serial.toString('hex'),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    tbsFingerprint: createHash('sha256').update(tbs).digest('hex'),
  }
}

/** The serial number of the certificate with this plan id, without building it. */
export function serialNumber(id: string, seed: number): Buffer {
  const serial = createHash('sha256').update(`${seed}/serial/${id}`).digest().subarray(0, 16)
  serial[0]! &= 0x7f
  return serial
}

/** The issuer's name as certificate logs print it. */
export function issuerName(plan: CertificatePlan): string {
  const { organization, commonName } =
    plan.issuer === 'self' ? plan : plan.issuer === 'root' ? rootPlan : intermediatePlan
  return [organization && `O=${organization}`, commonName && `CN=${commonName}`].filter(Boolean).join(', ')
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function distinguishedName({ organization, commonName }: CertificatePlan): Uint8Array {
  const parts: Uint8Array[] = []
  if (organization !== undefined) parts.push(set(sequence(objectId('2.5.4.10'), utf8String(organization))))
  if (commonName !== undefined) parts.push(set(sequence(objectId('2.5.4.3'), utf8String(commonName))))
  return sequence(...parts)
}

function extensions(plan: CertificatePlan, key: SigningKey, issuerKey: SigningKey): Uint8Array[] {
  const list = [
    extension('2.5.29.19', sequence(...(plan.isAuthority ? [boolean(true)] : [])), true),
    plan.isAuthority
      ? extension('2.5.29.15', bitString(Uint8Array.of(0x06), 1), true)
      : extension('2.5.29.15', bitString(Uint8Array.of(0x80), 7), true),
    extension('2.5.29.14', octetString(keyIdentifier(key))),
    extension('2.5.29.35', sequence(tagged(0x80, keyIdentifier(issuerKey)))),
  ]
  if (!plan.isAuthority) list.push(extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))))
  const names = plan.names.map((name) => tagged(0x82, Buffer.from(name, 'latin1')))
  if (plan.email !== undefined) names.push(tagged(0x81, Buffer.from(plan.email, 'latin1')))
  if (names.length > 0) list.push(extension('2.5.29.17', sequence(...names)))
  return list
}

function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function keyIdentifier(key: SigningKey): Uint8Array {
  return createHash('sha1').update(key.point).digest()
}

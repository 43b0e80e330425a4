import type { DomainRegistration, RegistrationContact } from '../world/registration.ts'

type JcardProperty = [name: string, parameters: object, type: string, value: string | string[]]

/** A contact as an entity object (RFC 9083 §5.1) with a jCard (RFC 7095). */
export function contactEntity({
  role,
  handle,
  organization,
  person,
  email,
  phone,
  address,
}: RegistrationContact): object {
  const kind = person !== undefined ? 'individual' : organization !== undefined ? 'org' : 'group'
  return {
    objectClassName: 'entity',
    handle,
    roles: [role],
    vcardArray: jcard([
      ['fn', {}, 'text', person ?? organization ?? `${handle} desk`],
      ['kind', {}, 'text', kind],
      ...(organization === undefined ? [] : [text('org', organization)]),
      addressLines(address),
      ...(phone === undefined ? [] : [telephone(phone)]),
      ...(email === undefined ? [] : [text('email', email)]),
    ]),
  }
}

/** A contact of which nothing is shown. */
export function redactedEntity(role: string, redaction: string): object {
  return {
    objectClassName: 'entity',
    handle: redaction,
    roles: [role],
    vcardArray: jcard([
      text('fn', redaction),
      text('kind', 'individual'),
      text('org', redaction),
      text('email', redaction),
    ]),
    remarks: [{ title: 'REDACTED FOR PRIVACY', type: 'object redacted due to authorization', description: [] }],
  }
}

/** The registrar, with the contact for abuse inside. */
export function registrarEntity({
  name,
  ianaId,
  abuseEmail,
  abusePhone,
  url,
}: DomainRegistration['registrar']): object {
  return {
    objectClassName: 'entity',
    handle: ianaId,
    roles: ['registrar'],
    publicIds: [{ type: 'IANA Registrar ID', identifier: ianaId }],
    links: [{ value: url, rel: 'about', href: url, type: 'text/html' }],
    vcardArray: jcard([text('fn', name), text('kind', 'org')]),
    entities: [
      {
        objectClassName: 'entity',
        roles: ['abuse'],
        vcardArray: jcard([text('fn', ''), telephone(abusePhone), text('email', abuseEmail)]),
      },
    ],
  }
}

function jcard(properties: JcardProperty[]): ['vcard', JcardProperty[]] {
  return ['vcard', [text('version', '4.0'), ...properties]]
}

function text(name: string, value: string): JcardProperty {
  return [name, {}, 'text', value]
}

/** Numbers as registries print them: `tel:+44.2079460100`. */
function telephone(phone: string): JcardProperty {
  return ['tel', { type: 'voice' }, 'uri', `tel:${phone.replace(/^\+44/, '+44.')}`]
}

/** The seven parts of a postal address (RFC 6350 §6.3.1), empty where none is shown. */
function addressLines(address: RegistrationContact['address']): JcardProperty {
  const { street = '', city = '', postalCode = '', country = '' } = address ?? {}
  return ['adr', {}, 'text', ['', '', street, city, '', postalCode, country]]
}

import { certificateValue } from '@mirage/model/entities/infrastructure/certificate.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { readCertificate } from './certificate.ts'

const tlsPorts = [443, 465, 636, 853, 990, 993, 995, 8443]

/**
 * The certificate that a name, or an open port on which TLS is usual, presents: who it is for, who issued it and which
 * names stand in it, trusted or not. An open port is asked without a name. Source: TLS (RFC 8446), X.509 (RFC 5280).
 */
export const module = defineModule({
  id: 'tls-certificate',
  version: 1,
  title: 'TLS certificates',
  summary: 'Certificates that names and ports present, with the names in them',
  homepage: 'https://www.rfc-editor.org/rfc/rfc5280',
  consumes: [{ type: 'domain' }, { type: 'open-port', ports: tlsPorts }],
  produces: ['certificate', 'domain'],
  contact: 'target',
  origin: 'target',
  useCases: ['footprint', 'investigate', 'monitor'],
  limits: { concurrency: 200, timeout: '1m' },
  // Of several addresses the one that answers first is chance.
  volatile: ['address'],
  sample: 'northwind.example',
  async *run({ entity, tls }) {
    const [host, port] = socketOf(entity.type, entity.value)
    const peer = await tls.peer(host, port)
    if (!peer) return
    let issued: string | undefined
    for (const der of peer.chain) {
      const facts = readCertificate(der)
      if (!facts) continue
      const value = certificateValue(der)
      const { subject, issuer, notBefore, notAfter, serial, key, selfIssued } = facts
      const attributes = { subject, issuer, notBefore, notAfter, serial, key, selfIssued: selfIssued || undefined }
      if (issued !== undefined) {
        yield observe('certificate', value, {
          via: 'issuing_certificate',
          from: { type: 'certificate', value: issued },
          attributes,
        })
        issued = value
        continue
      }
      issued = value
      const { protocol, cipher, untrusted, address } = peer
      yield observe('certificate', value, {
        via: 'certificate',
        attributes: { ...attributes, protocol, cipher, untrusted, address },
        tags: untrusted && /expired/i.test(untrusted) ? ['expired'] : [],
      })
      const from = { type: 'certificate', value } as const
      // The common name of an appliance or an authority is often no DNS name; that is no row to count as lost.
      if (facts.commonName && isName(facts.commonName)) {
        yield observe('domain', bare(facts.commonName), { via: 'common_name', from })
      }
      for (const name of facts.names)
        if (isName(name)) yield observe('domain', bare(name), { via: 'san_dns_name', from })
    }
  },
})

function socketOf(type: string, value: string): [host: string, port: number] {
  if (type === 'domain') return [value, 443]
  const [, host = '', port = '0'] = /^\[?([^\]]+)\]?:(\d+)\/tcp$/.exec(value) ?? []
  return [host, Number(port)]
}

function isName(text: string): boolean {
  return text.length <= 255 && /^(?:\*\.)?[^\s*/:@]+\.[^\s*/:@\d][^\s*/:@]*$/.test(text)
}

function bare(name: string): string {
  return name.replace(/^\*\./, '')
}

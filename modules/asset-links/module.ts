import { defineModule, observe, t } from '@mirage/module-sdk'
import { textOf } from '@mirage/module-sdk/body.ts'
import { resolveLink } from '@mirage/module-sdk/page.ts'
import { readAs } from '@mirage/module-sdk/permissive.ts'

const Statements = t.Array(
  t.Object({
    relation: t.Array(t.String()),
    target: t.Object({
      namespace: t.String(),
      package_name: t.Optional(t.String()),
      sha256_cert_fingerprints: t.Optional(t.Array(t.String())),
      site: t.Optional(t.String()),
    }),
  }),
)

const asTarget = { anyCertificate: true, redirects: 0, maxBytes: 512 * 1024, timeoutMs: 15_000 }

/**
 * Apps and sites that a site vouches for: the apps that open its links, and whom it shares passwords with. Source: its
 * statement list (https://developers.google.com/digital-asset-links/v1/statements), which redirects do not lead to.
 * Asked for once a site, where its root is a page.
 */
export const module = defineModule({
  id: 'asset-links',
  version: 1,
  title: 'Digital asset links',
  summary: 'Mobile apps and sites that a site vouches for',
  homepage: 'https://developers.google.com/digital-asset-links',
  documentation: 'https://developers.google.com/digital-asset-links/v1/statements',
  consumes: [{ type: 'url', where: 'isFrontPage' }],
  produces: ['mobile-app', 'url'],
  contact: 'target',
  origin: 'target',
  useCases: ['footprint', 'investigate'],
  limits: { concurrency: 10 },
  sample: 'https://www.northwind.example/',
  async *run({ entity, http }) {
    const { href } = new URL(entity.value)
    const answer = await http.look(new URL('/.well-known/assetlinks.json', href).href, asTarget)
    if (answer?.status !== 200) return
    for (const { relation, target } of readAs(Statements, parse(textOf(answer))).value ?? []) {
      const { namespace, package_name: app, sha256_cert_fingerprints: certificates, site } = target
      if (namespace === 'android_app' && app !== undefined) {
        yield observe('mobile-app', `android:${app}`, { via: 'mentions', attributes: { relation, certificates } })
      }
      const url = namespace === 'web' && site !== undefined ? resolveLink(site, href) : undefined
      if (url !== undefined && url !== href) yield observe('url', url, { via: 'mentions', attributes: { relation } })
    }
  },
})

/** A site that answers every path with a page has no statements. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { extract } from '@mirage/model/extract.ts'
import { definitionOf } from '@mirage/model/registry.ts'
import { defineModule, observe } from '@mirage/module-sdk'
import { readRecorded } from '@mirage/module-sdk/recorded.ts'
import { fileAt } from './files.ts'

const places = ['cloud-bucket', 'mobile-app', 'onion-service'] as const

/**
 * What pages lead to besides pages: storage in the cloud, apps in stores, onion services and files to take away. Links,
 * scripts and comments count, as do the app banners that Apple and Google read from `<meta>`. Read from pages that the
 * run has recorded; sends nothing.
 */
export const module = defineModule({
  id: 'extract-links',
  version: 1,
  title: 'Places in pages',
  summary: 'Cloud buckets, mobile apps, onion services and files that recorded pages lead to',
  homepage: 'https://html.spec.whatwg.org/',
  documentation: 'https://developer.apple.com/documentation/webkit/promoting-apps-with-smart-app-banners',
  consumes: [{ type: 'url', where: 'isPage' }],
  produces: ['cloud-bucket', 'mobile-app', 'onion-service', 'file'],
  contact: 'none',
  origin: 'target',
  useCases: ['footprint', 'investigate'],
  sample: 'https://www.northwind.example/',
  batch: 50,
  async *run({ entity, http }) {
    const recorded = await readRecorded(http, entity.value)
    if (!recorded) return
    const { source, page } = recorded
    for (const { type, value } of extract(source, places)) {
      // Those three are what was asked for.
      yield observe(type as (typeof places)[number], value, { via: 'mentions' })
    }
    if (!page) return
    for (const { url, element } of page.links) {
      for (const type of places) {
        // The text above holds every URL but those without a scheme, which only the page's own URL completes.
        const value = definitionOf(type).fromUrl?.(url)
        if (value !== undefined) yield observe(type, value, { via: 'mentions' })
      }
      const file = element === 'a' || element === 'area' || element === 'frame' ? fileAt(url) : undefined
      if (file) yield observe('file', url, { via: 'links_to', attributes: file })
    }
    const { 'apple-itunes-app': apple, 'google-play-app': google } = page.meta
    for (const [platform, banner] of [
      ['ios', apple],
      ['android', google],
    ] as const) {
      const id = /(?:^|[\s,])app-id\s*=\s*([^\s,]+)/i.exec(banner ?? '')?.[1]
      if (id !== undefined) yield observe('mobile-app', `${platform}:${id}`, { via: 'mentions' })
    }
  },
})

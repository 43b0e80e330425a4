import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const mobileApp: EntityDefinition = {
  type: 'mobile-app',
  version: 1,
  title: 'Mobile app',
  plural: 'Mobile apps',
  form: '`android:<package>` or `ios:<App Store id>`',
  examples: [
    { raw: 'https://play.google.com/store/apps/details?id=com.example.App&hl=de', value: 'android:com.example.App' },
    { raw: 'https://apps.apple.com/de/app/example/id123456789?mt=8', value: 'ios:123456789' },
    { raw: 'android:com.example.App', value: 'android:com.example.App' },
    { raw: 'iOS:id123456789', value: 'ios:123456789' },
  ],
  counterExamples: ['com.example.App', 'android:example', 'ios:abc', 'https://apps.apple.com/de/developer/x', ''],
  normalise: normaliseApp,
  fromUrl: appOfUrl,
  display: displayAsIs,
}

/** A package name tells upper from lower case. */
const androidPackage = /^[a-z]\w*(?:\.[a-z]\w*)+$/i

function normaliseApp(raw: string): string | undefined {
  if (raw.length > 2048) return undefined
  const [, platform, id = ''] = /^\s*(android|ios):(\S+)\s*$/i.exec(raw) ?? []
  if (platform === undefined) return appOfUrl(raw.trim())
  if (platform.toLowerCase() === 'android') return isPackage(id) ? `android:${id}` : undefined
  return iosApp(id.replace(/^id/i, ''))
}

function appOfUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url?.hostname === 'play.google.com' && url.pathname.startsWith('/store/apps/details')) {
    const id = url.searchParams.get('id') ?? ''
    return isPackage(id) ? `android:${id}` : undefined
  }
  if (url?.hostname !== 'apps.apple.com' && url?.hostname !== 'itunes.apple.com') return undefined
  return iosApp(/\/id(\d+)(?:\/|$)/.exec(url.pathname)?.[1] ?? '')
}

function isPackage(id: string): boolean {
  return id.length <= 255 && androidPackage.test(id)
}

function iosApp(id: string): string | undefined {
  return /^[1-9]\d{5,14}$/.test(id) ? `ios:${id}` : undefined
}

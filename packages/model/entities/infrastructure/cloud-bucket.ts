import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const cloudBucket: EntityDefinition = {
  type: 'cloud-bucket',
  version: 1,
  title: 'Cloud bucket',
  plural: 'Cloud buckets',
  form: '`service:name`: `s3:acme-backup`, `gcs:…`, `azure:account/container`, `spaces:region/name`, `oss:region/name`, `r2:…`, `firebase:…`',
  examples: [
    { raw: 'https://acme-backup.s3.eu-west-1.amazonaws.com/x.zip', value: 's3:acme-backup' },
    { raw: 'https://s3.amazonaws.com/acme-backup/', value: 's3:acme-backup' },
    { raw: 's3://Acme-Backup/key', value: 's3:acme-backup' },
    { raw: 'storage.googleapis.com/acme', value: 'gcs:acme' },
    { raw: 'gs://acme', value: 'gcs:acme' },
    { raw: 'https://acme.blob.core.windows.net/public/a', value: 'azure:acme/public' },
    { raw: 'acme.blob.core.windows.net', value: 'azure:acme' },
    { raw: 'https://acme.fra1.digitaloceanspaces.com', value: 'spaces:fra1/acme' },
    { raw: 'acme.oss-cn-hangzhou.aliyuncs.com', value: 'oss:cn-hangzhou/acme' },
  ],
  counterExamples: ['https://example.com/acme', 's3:', 's3:a', 'ftp:acme', 'https://s3.amazonaws.com/', ''],
  normalise: normaliseBucket,
  fromUrl: bucketOfUrl,
  display: displayAsIs,
}

const name = '([a-z\\d][a-z\\d._-]{1,61}[a-z\\d])'
const s3Host = 's3(?:[.-](?:dualstack[.-])?[a-z]{2}(?:-[a-z]+){1,3}-\\d)?\\.amazonaws\\.com'

/** Where each service answers, and how the bucket is read from host and path. The endpoints are those of the providers' manuals. */
const places: [RegExp, (parts: string[]) => string][] = [
  [new RegExp(`^${s3Host}/${name}(?:/|$)`), ([bucket]) => `s3:${bucket}`],
  [
    new RegExp(`^${name}\\.(?:${s3Host}|s3-website[.-][a-z\\d-]+\\.amazonaws\\.com)(?:/|$)`),
    ([bucket]) => `s3:${bucket}`,
  ],
  [new RegExp(`^storage\\.googleapis\\.com/${name}(?:/|$)`), ([bucket]) => `gcs:${bucket}`],
  [new RegExp(`^${name}\\.storage\\.googleapis\\.com(?:/|$)`), ([bucket]) => `gcs:${bucket}`],
  [
    /^([a-z\d]{3,24})\.blob\.core\.windows\.net(?:\/([a-z\d$][a-z\d-]{2,62}))?(?:\/|$)/,
    ([account, container]) => `azure:${account}${container === undefined ? '' : `/${container}`}`,
  ],
  [
    new RegExp(`^${name}\\.([a-z]{3}\\d)(?:\\.cdn)?\\.digitaloceanspaces\\.com(?:/|$)`),
    ([bucket, region]) => `spaces:${region}/${bucket}`,
  ],
  [new RegExp(`^${name}\\.oss-([a-z\\d-]+)\\.aliyuncs\\.com(?:/|$)`), ([bucket, region]) => `oss:${region}/${bucket}`],
  [/^pub-([\da-f]{32})\.r2\.dev(?:\/|$)/, ([bucket]) => `r2:${bucket}`],
  [/^([a-z\d-]{4,30})\.firebaseio\.com(?:\/|$)/, ([project]) => `firebase:${project}`],
]

function normaliseBucket(raw: string): string | undefined {
  if (raw.length > 2048) return undefined
  const text = raw.trim().toLowerCase()
  const given = /^(s3|gcs|gs|azure|spaces|oss|r2|firebase):(?:\/\/)?(.+)$/.exec(text)
  if (!given) return bucketAt(text.replace(/^(?:https?:)?\/\//, '').replace(/[?#].*$/s, ''))
  const service = given[1] === 'gs' ? 'gcs' : given[1]!
  const path = given[2]!.split('/')
  const value = `${service}:${path
    .slice(0, ['azure', 'spaces', 'oss'].includes(service) ? 2 : 1)
    .join('/')
    .replace(/\/$/, '')}`
  return /^(?:(?:s3|gcs|r2|firebase):|(?:spaces|oss):[a-z\d-]+\/)[a-z\d][a-z\d._-]{1,61}[a-z\d]$/.test(value) ||
    /^azure:[a-z\d]{3,24}(?:\/[a-z\d$][a-z\d-]{2,62})?$/.test(value)
    ? value
    : undefined
}

function bucketOfUrl(url: string): string | undefined {
  return bucketAt(
    url
      .slice(url.indexOf('//') + 2)
      .replace(/[?#].*$/s, '')
      .toLowerCase(),
  )
}

function bucketAt(location: string): string | undefined {
  for (const [pattern, build] of places) {
    const match = pattern.exec(location)
    if (match) return build(match.slice(1))
  }
  return undefined
}

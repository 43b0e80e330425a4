/** A page that an archive keeps. */
export interface Capture {
  url: string
  /** `yyyyMMddhhmmss`, as archives write it. */
  timestamp: string
  type: string
  status: number
}

const captures: readonly Capture[] = [
  html('http://northwind.example/', '20040517080910'),
  html('https://www.northwind.example/', '20250214120000'),
  html('https://www.northwind.example/about', '20240808080808'),
  // Still linked from nowhere but the archive.
  html('https://www.northwind.example/legal', '20231130235959'),
  // Gone since: the page, and the name with all of its own.
  html('https://www.northwind.example/catalogue-2012.html', '20121024070000'),
  html('https://campaign2019.northwind.example/', '20190712101112'),
  html('https://campaign2019.northwind.example/terms', '20190713000000'),
  html('http://northwind-shop.example/', '20170101120000'),
]

/** Captures of a domain and of the names below it, by name and path, as an archive sorts them. */
export function capturesOf(domain: string): (Capture & { key: string })[] {
  return captures
    .map((capture) => ({ ...capture, key: keyOf(capture.url) }))
    .filter(({ url }) => {
      const { hostname } = new URL(url)
      return hostname === domain || hostname.endsWith(`.${domain}`)
    })
    .sort((a, b) => a.key.localeCompare(b.key))
}

/** The name backwards and the path: `example,northwind)/about`; `www` counts as nothing. */
function keyOf(url: string): string {
  const { hostname, pathname, search } = new URL(url)
  return `${hostname
    .replace(/^www\./, '')
    .split('.')
    .reverse()
    .join(',')})${pathname}${search}`.toLowerCase()
}

function html(url: string, timestamp: string): Capture {
  return { url, timestamp, type: 'text/html', status: 200 }
}

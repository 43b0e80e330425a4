/** How a product shows itself in an answer. */
export interface TechnologySign {
  headers?: Readonly<Record<string, string>>
  /** A cookie that the product sets. */
  cookie?: string
  /** Content of `<meta name="generator">`. */
  generator?: string
}

/** The products of the world, by the name that they call themselves. */
export const technologies = {
  nginx: { headers: { server: 'nginx/1.24.0' } },
  'Apache HTTP Server': { headers: { server: 'Apache/2.4.57 (Debian)' } },
  'Microsoft IIS': { headers: { server: 'Microsoft-IIS/8.5' } },
  Jetty: { headers: { server: 'Jetty(10.0.18)' } },
  'GitHub Pages': { headers: { server: 'GitHub.com' } },
  'Amazon S3': { headers: { server: 'AmazonS3' } },
  'Amazon CloudFront': { headers: { 'x-amz-cf-id': 'kqxT1o0Zr5vYV3m7d2bWf9uHc8sNaJ4eLpGtRiMxEoQyBwDzKhS6Uw==' } },
  PHP: { headers: { 'x-powered-by': 'PHP/8.1.2' } },
  'ASP.NET': { headers: { 'x-powered-by': 'ASP.NET' } },
  Express: { headers: { 'x-powered-by': 'Express' } },
  Shopify: { headers: { 'x-shopid': '48120734' } },
  Jenkins: { headers: { 'x-jenkins': '2.426.1' } },
  Kibana: { headers: { 'kbn-name': 'kibana' } },
  Gitea: { cookie: 'i_like_gitea' },
  Grafana: { cookie: 'grafana_session' },
  Laravel: { cookie: 'laravel_session' },
  WordPress: { generator: 'WordPress 6.4.2' },
  MediaWiki: { generator: 'MediaWiki 1.40.1' },
  Hugo: { generator: 'Hugo 0.121.1' },
} as const satisfies Record<string, TechnologySign>

export type TechnologyName = keyof typeof technologies

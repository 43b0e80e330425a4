import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { headerOf, mediaTypeOf, textOf } from './body.ts'

/** Marks of pages that ask for a browser or a person instead of answering, by who serves them. */
const marks: [name: string, mark: RegExp][] = [
  [
    'Cloudflare',
    /<title>\s*(?:just a moment|attention required! \| cloudflare)|\/cdn-cgi\/challenge-platform\/|cf[-_]chl[-_]/i,
  ],
  ['Imperva', /_Incapsula_Resource|incapsula incident id/i],
  ['Akamai', /<title>access denied<\/title>[^]{0,2000}errors\.edgesuite\.net/i],
  ['DDoS-Guard', /<title>ddos-guard<\/title>|\/\.well-known\/ddos-guard\//i],
  ['Sucuri', /sucuri website firewall - access denied|sucuri_cloudproxy_js/i],
  ['AWS WAF', /awswafcookiedomainlist|\.awswaf\.com\/[^"' ]*challenge\.js/i],
  ['DataDome', /captcha-delivery\.com/i],
  ['PerimeterX', /id=["']px-captcha["']/i],
  [
    'a captcha',
    /class=["'](?:g-recaptcha|h-captcha|cf-turnstile)["']|google\.com\/recaptcha\/|sorry\/index\?continue=/i,
  ],
]

/**
 * Who asked for a browser or a person instead of answering; undefined when nobody did. Only HTML is looked at, and only the first 64 KB:
 * the sites that modules *read* as data do not answer in HTML, so a mark in it is a wall and not a subject.
 * Cloudflare's own sign is the header `cf-mitigated: challenge` (developers.cloudflare.com, "Detect a challenge page response").
 */
export function challengeOf(answer: HttpAnswer): string | undefined {
  if (headerOf(answer, 'cf-mitigated') === 'challenge') return 'Cloudflare'
  if (headerOf(answer, 'x-amzn-waf-action') !== undefined) return 'AWS WAF'
  const type = mediaTypeOf(answer)
  if (type !== '' && !type.includes('html')) return undefined
  const start = textOf({ ...answer, body: answer.body.subarray(0, 65_536) })
  if (type === '' && !/^\s*</.test(start)) return undefined
  return marks.find(([, mark]) => mark.test(start))?.[0]
}

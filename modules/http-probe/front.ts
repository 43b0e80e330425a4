import type { HttpAnswer } from '@mirage/model/exchange.ts'
import type { Page } from '@mirage/module-sdk/page.ts'
import { headerOf } from '@mirage/module-sdk/body.ts'
import { challengeOf } from '@mirage/module-sdk/challenge.ts'

/**
 * Headers that a delivery network puts on every answer, each in its vendor's documentation: Cloudflare, Amazon
 * CloudFront, Fastly, Akamai, Azure Front Door, Bunny.
 */
const deliveryHeaders = ['cf-ray', 'x-amz-cf-id', 'x-fastly-request-id', 'akamai-grn', 'x-azure-ref', 'cdn-requestid']

const deliveryServers = /^(?:cloudflare|cloudfront|akamaighost|akamainetstorage|bunnycdn|keycdn|cachefly|gcore)\b/i

/** Headers of services that filter what reaches a site: Sucuri, Imperva, AWS WAF. */
const filterHeaders = ['x-sucuri-id', 'x-iinfo', 'x-amzn-waf-action']

/** What stands before a site, and whether its page asks for a password. */
export function tagsOf(answer: HttpAnswer, page: Page | undefined): string[] {
  const has = (name: string): boolean => headerOf(answer, name) !== undefined
  const tags: string[] = []
  if (deliveryHeaders.some(has) || deliveryServers.test(headerOf(answer, 'server') ?? '')) tags.push('cdn')
  // A captcha beside a form that answers is the site's own.
  const isWall = answer.status >= 400 && challengeOf(answer) !== undefined
  if (isWall || filterHeaders.some(has)) tags.push('waf')
  if (page?.forms.some(({ fields }) => fields.some((field) => field.endsWith(':password')))) tags.push('login')
  return tags
}

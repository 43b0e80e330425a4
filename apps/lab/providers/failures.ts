import type { Failure } from '../protocols/failure.ts'

/**
 * How each provider says no in its own words, by the id that `Failures.set` takes: what its documentation shows, or what
 * users of its API report. Failures that look the same everywhere (`down`, `silent`, `truncateAt`, `delayMs`) need none.
 */
export const providerFailures = {
  /** https://sslmate.com/help/reference/ct_search_api_v1 */
  certspotter: {
    rateLimited: refused(
      429,
      { code: 'rate_limited', message: 'You have exceeded the domain search rate limit for the CT Search API.' },
      { 'retry-after': '1' },
    ),
  },
  crtsh: {
    rateLimited: page(429, '<h1>429 Too Many Requests</h1>', { 'retry-after': '1' }),
    overloaded: page(502, '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'),
  },
  /** A sentence with status 200; https://hackertarget.com/find-dns-host-records/ */
  hackertarget: {
    quota: { status: 200, body: 'API count exceeded - Increase Quota with Membership' },
    overloaded: { status: 200, body: 'error getting results' },
  },
  /** https://docs.urlscan.io/guides/rate-limits */
  urlscan: {
    rateLimited: refused(
      429,
      { message: "Rate limit for 'search' exceeded, limit is 30 per minute. Reset in 1 seconds.", status: 429 },
      { 'retry-after': '1', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset-after': '1' },
    ),
  },
  internetdb: { rateLimited: refused(429, { detail: 'Too many requests' }) },
  /** It may ask to wait no time at all; https://developer.shodan.io/api */
  shodan: {
    keyRefused: page(401, '<html><title>401 Unauthorized</title></html>'),
    rateLimited: refused(
      429,
      { error: 'Request rate limit reached (1/ second). Please wait a second before trying again.' },
      { 'retry-after': '0' },
    ),
  },
  /** https://haveibeenpwned.com/API/v3#RateLimiting */
  hibp: {
    keyRefused: refused(401, { statusCode: 401, message: 'Access denied due to invalid hibp-api-key.' }),
    rateLimited: refused(
      429,
      { statusCode: 429, message: 'Rate limit is exceeded. Try again in 1 seconds.' },
      { 'retry-after': '1' },
    ),
  },
  gleif: { rateLimited: page(429, '<html><body>Too Many Requests</body></html>') },
  wayback: { overloaded: page(503, '<html><head><title>503 Service Unavailable</title></head></html>') },
  /** 403 is the rate, 429 the plan; https://hunter.io/api-documentation/v2#errors */
  hunter: {
    keyRefused: hunterError(401, 'authentication_failed', 'No user found for the API key supplied'),
    rateLimited: hunterError(403, 'too_many_requests', 'You have reached the rate limit for this API endpoint.'),
    quota: hunterError(
      429,
      'too_many_requests',
      "You've reached the limit for the number of searches per billing period included in your plan.",
    ),
  },
  /** 403 with no calls left; https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
  github: {
    rateLimited: refused(
      403,
      {
        message: 'API rate limit exceeded for 198.18.0.200.',
        documentation_url: 'https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting',
      },
      { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1900000000' },
    ),
  },
  ripestat: { overloaded: page(503, '<h1>503 Service Unavailable</h1>') },
  /** RFC 7480 §5.5. */
  rdap: { rateLimited: refused(429, { errorCode: 429, title: 'Too Many Requests' }, { 'retry-after': '1' }) },
  whois: { rateLimited: { body: 'WHOIS LIMIT EXCEEDED - SEE WWW.NIC.EXAMPLE/WHOIS FOR DETAILS\r\n' } },
} as const satisfies Record<string, Record<string, Failure>>

function refused(status: number, body: object, headers: Record<string, string> = {}): Failure {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function page(status: number, body: string, headers: Record<string, string> = {}): Failure {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body }
}

function hunterError(code: number, id: string, details: string): Failure {
  return refused(code, { errors: [{ id, code, details }] })
}

import { expect, test } from 'vitest'
import { demandWayOut, shownProxy } from './way-out.ts'

test.each([
  ['http://10.0.0.1:3128', 'http://10.0.0.1:3128'],
  ['socks5h://tor.example:9050', 'socks5h://tor.example:9050'],
  ['http://user:pa55word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['socks5h://user:pa55word@proxy.example:9050', 'socks5h://[hidden]@proxy.example:9050'],
  ['http://user:p@55word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['http://user@corp:p@55@word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['http:user:pa55word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['http:/user:pa55word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['http:\\\\user:pa55word@proxy.example:3128', 'http://[hidden]@proxy.example:3128'],
  ['http://proxy.example:3128/?token=pa55word', 'http://proxy.example:3128'],
])('of the proxy %s people see %s', (proxy, shown) => {
  expect(() => demandWayOut({ seeds: [{ type: 'domain', value: 'example.com' }], proxy })).not.toThrow()
  expect(shownProxy(proxy)).toBe(shown)
})

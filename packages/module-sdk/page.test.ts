import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { assert, property, string, webUrl } from 'fast-check'
import { expect, test } from 'vitest'
import { textOf } from './body.ts'
import { challengeOf } from './challenge.ts'
import { isHtml, readPage, resolveLink } from './page.ts'

function answer(body: string | Uint8Array, contentType?: string): HttpAnswer {
  return {
    exchange: 'e',
    status: 200,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    truncated: false,
    url: 'https://www.northwind.example/a/b?x=1',
    hops: [],
    address: '198.18.0.10',
    elapsedMs: 1,
  }
}

test('reads title, meta, links, forms and what a reader sees', () => {
  const page = readPage(
    answer(`<html><head><TITLE>A &amp; B
      <meta name=Generator content="Hugo 0.1"></title><svg><title>not this</title></svg>
      <a href=c>C</a><a href="mailto:a%40b.example,c@d.example?subject=x">m</a><area href="tel:+1-202-555-0143;ext=1">
      <form action="?q" method=post><input name=a type=PASSWORD><select name=s></select></form>
      <p>one<b>two</b></p><script>var hidden = 1</script><noscript>also hidden</noscript>three`),
  )
  expect(page.title).toBe('A & B <meta name=Generator content="Hugo 0.1">')
  expect(page.links).toEqual([
    { url: 'https://www.northwind.example/a/c', element: 'a' },
    { url: 'https://www.northwind.example/a/b?q', element: 'form' },
  ])
  expect(page.mailto).toEqual(['a@b.example', 'c@d.example'])
  expect(page.tel).toEqual(['+1-202-555-0143'])
  expect(page.forms).toEqual([
    { action: 'https://www.northwind.example/a/b?q', method: 'post', fields: ['a:password', 's:select'] },
  ])
  expect(page.text).toContain('one two three')
  expect(page.text).not.toContain('hidden')
})

test('a form without an action sends to its page, and a base moves every link', () => {
  const page = readPage(answer('<base href="//cdn.example/x/"><a href="y#z">y</a><form></form>'))
  expect(page.links).toEqual([{ url: 'https://cdn.example/x/y', element: 'a' }])
  expect(page.forms[0]?.action).toBe('https://cdn.example/x/')
})

test('only http and https are links', () => {
  for (const target of ['javascript:alert(1)', 'data:text/html,x', 'ftp://a.example/', 'http://', 'http://[::']) {
    expect(resolveLink(target, 'https://a.example/')).toBeUndefined()
  }
  assert(
    property(webUrl({ withFragments: true }), (url) => {
      expect(resolveLink(url, 'https://a.example/')).toMatch(/^https?:\/\/[^#]*$/)
    }),
  )
})

test('what is kept of a hostile page is bounded', () => {
  const page = readPage(
    answer(
      `<title>${'t'.repeat(10_000)}</title>${Array.from({ length: 20_000 }, (_, i) => `<a href="/${i}"><form><input name=x></form>`).join('')}`,
    ),
  )
  expect(page.title).toHaveLength(500)
  expect(page.links).toHaveLength(5000)
  expect(page.forms).toHaveLength(100)
})

test('no bytes make the reader throw', () => {
  assert(
    property(string({ unit: 'binary' }), string({ unit: 'binary' }), (markup, value) => {
      const page = readPage(answer(`<a href="${value}">${markup}<form ${markup}><base href="${value}">`, 'text/html'))
      for (const { url } of page.links) expect(url).toMatch(/^https?:/)
    }),
  )
})

test('text is decoded by its header, then by its markup, and never throws', () => {
  const latin = new Uint8Array([0x43, 0x61, 0x66, 0xe9])
  expect(textOf(answer(latin, 'text/plain; charset=ISO-8859-1'))).toBe('Café')
  const markup = new TextEncoder().encode('<meta charset="windows-1252">')
  expect(textOf(answer(new Uint8Array([...markup, ...latin]), 'text/html'))).toContain('Café')
  expect(textOf(answer(latin, 'text/plain; charset=no-such-thing'))).toBe('Caf�')
})

test('HTML is told by its media type, or by its first bytes where there is none', () => {
  expect(isHtml(answer('x', 'text/html; charset=utf-8'))).toBe(true)
  expect(isHtml(answer('<!doctype html>', 'text/plain'))).toBe(false)
  expect(isHtml(answer('  <!DOCTYPE HTML>'))).toBe(true)
  expect(isHtml(answer('{"a":1}'))).toBe(false)
})

test('a wall is looked for in pages only', () => {
  expect(challengeOf(answer('<title>Just a moment...</title>', 'text/html'))).toBe('Cloudflare')
  expect(challengeOf(answer('<script src="/_Incapsula_Resource?x">'))).toBe('Imperva')
  expect(challengeOf(answer('{"title":"<title>Just a moment...</title>"}', 'application/json'))).toBeUndefined()
  expect(challengeOf(answer('{"a":"captcha-delivery.com"}'))).toBeUndefined()
  expect(challengeOf(answer('<title>Northwind</title>', 'text/html'))).toBeUndefined()
})

test('a page of nothing but open elements is read in no more time than another', () => {
  const open = 200_000
  const page = readPage(
    answer(`${'<div><b>'.repeat(open)}<a href=c>${'</b></div>'.repeat(open)}<title>end</title><i><a href=d>`),
  )
  expect(page.links.map(({ url }) => url)).toEqual([
    'https://www.northwind.example/a/c',
    'https://www.northwind.example/a/d',
  ])
  expect(page.title).toBe('end')
})

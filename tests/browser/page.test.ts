import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerHandle, startMirage } from '@mirage/server/start.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith, missingPrograms } from '../describe-with.ts'
import { type Browser, openBrowser } from './chromium.ts'

/** What `npm start` offers in a browser, in the order in which a newcomer meets it. */

describeWith('the pages of the server', missingPrograms('chromium'), () => {
  let dataDirectory = ''
  let server: ServerHandle
  let browser: Browser

  beforeAll(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'mirage-page-'))
    server = await startMirage({ dataDirectory, port: 0 })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5 })
  })

  const isShown = (selector: string): string => `document.querySelector('${selector}')?.checkVisibility()`
  const textOf = (selector: string): Promise<string> =>
    browser.evaluate(`document.querySelector('${selector}').textContent`)

  async function signIn(key: string): Promise<void> {
    await browser.evaluate(`document.querySelector('#key').focus()`)
    await browser.type(key)
    await browser.evaluate(`document.querySelector('#sign-in button').click()`)
  }

  /** A run of this name that sends nothing: it reads the record, which is empty. */
  async function startRun(name: string): Promise<void> {
    const seeds = [{ type: 'url', value: 'https://www.northwind.example/' }]
    const answer = await fetch(`${server.url}/api/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ definition: { name, seeds, modules: ['extract-links'], contact: 'none' } }),
    })
    expect(answer.status, await answer.text()).toBe(201)
  }

  it('ask for the key, and say so when it is the wrong one', async () => {
    await browser.open(`${server.url}/`)
    await browser.until(isShown('#sign-in'))
    await signIn('wrong')
    await browser.until(`document.querySelector('#message').textContent`)
    expect(await textOf('#message')).toContain('not accepted')
    expect(await browser.evaluate(isShown('#runs'))).toBe(false)
    // The browser counts the refused request.
    expect(browser.troubles.splice(0).every((trouble) => trouble.includes('401'))).toBe(true)
  })

  it('show the last runs as they come, and forget the key', async () => {
    await browser.open(`${server.url}/`)
    await browser.until(isShown('#sign-in'))
    await signIn(server.apiKey)
    await browser.until(isShown('#none'))
    await startRun('<b>Northwind</b>')
    await browser.open(`${server.url}/`)
    await browser.until(`document.querySelector('td.finished')`)
    expect(
      await browser.evaluate(`[...document.querySelectorAll('#runs tbody td')].map((cell) => cell.textContent)`),
    ).toEqual([
      expect.stringMatching(/^run_/),
      '<b>Northwind</b>',
      'finished',
      '1',
      '0',
      expect.stringMatching(/^\d+ s$/),
      expect.stringContaining('20'),
    ])
    await browser.evaluate(`document.querySelector('#sign-out').click()`)
    await browser.until(isShown('#sign-in'))
    expect(await browser.evaluate(`sessionStorage.length`)).toBe(0)
    expect(browser.troubles).toEqual([])
  })

  it('hold the reference of the API, with every service', async () => {
    const { tags } = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as { tags: { name: string }[] }
    expect(tags.length).toBeGreaterThan(5)
    await browser.open(`${server.url}/api/docs/`)
    await browser.until(`document.querySelector('h3')`)
    const links = await browser.evaluate(`[...document.querySelectorAll('a')].map((link) => link.textContent)`)
    expect(links).toEqual(expect.arrayContaining(tags.map(({ name }) => name)))
    expect(browser.troubles).toEqual([])
  })
})

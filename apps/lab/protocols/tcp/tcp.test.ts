import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { labTruth } from '../../lab.ts'
import { openAskedLab, take } from '../../testing/asked-lab.ts'

const asked = await openAskedLab()
const { dial, lab, opened, secured } = asked

afterEach(() => asked.lab.failures.clear())
afterAll(() => asked[Symbol.asyncDispose]())

describe('TCP', () => {
  test('greets, refuses, and does not know', async () => {
    const [ftp] = lab.world.addressesOf('ftp.northwind.example')
    const socket = await opened(ftp!, 22)
    expect((await take(socket, 8)).toString()).toBe('SSH-2.0-')
    socket.destroy()
    expect(await dial(ftp!, 23)).toBe(5)
    expect(await dial('198.18.77.77', 80)).toBe(4)
  })

  test('presents the certificate that the truth tells of', async () => {
    const seen = new Set<string>()
    const wanted = new Set<string>()
    for await (const line of labTruth({ size: 'demo', seed: 7 })) {
      if (
        line.kind !== 'relationship' ||
        line.type !== 'certificate' ||
        !line.from.startsWith('domain:') ||
        !line.by.includes('tls-certificate')
      )
        continue
      const host = line.from.slice('domain:'.length)
      const [address] = lab.world.addressesOf(host)
      const socket = await secured(host, address)
      const fingerprint = socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()
      socket.destroy()
      seen.add(`${host} ${fingerprint}`)
      wanted.add(`${host} ${line.to.slice('certificate:'.length)}`)
    }
    expect([...wanted].sort()).toEqual([...seen].sort())
    expect(seen.size).toBeGreaterThan(20)
  })

  test('its good certificates are trusted, its bad ones not, each for its own reason', async () => {
    const reason = async (host: string): Promise<string> => {
      const socket = await secured(host)
      const why = socket.authorized ? 'trusted' : String(socket.authorizationError)
      socket.destroy()
      return why
    }
    expect(await reason('www.northwind.example')).toBe('trusted')
    expect(await reason('vpn.northwind.example')).toBe('CERT_HAS_EXPIRED')
    expect(await reason('batch.northwind.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await reason('intranet.corp.northwind.example')).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})

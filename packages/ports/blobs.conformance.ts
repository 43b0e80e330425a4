import { hash, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Blobs } from './blobs.ts'
import { type OpenPort, suite, withPort } from './conformance.ts'

const sizes = [0, 1, 127, 128, 5_000, 65_536, 65_537, 300_000]

/** What every store of bodies must do. */
export function blobsConformance(name: string, open: OpenPort<Blobs>, unreachable?: string): void {
  suite(`blobs: ${name}`, unreachable, () => {
    it('gives back what was stored, by the hash of its content', () =>
      withPort(open, async (blobs) => {
        const bodies = sizes.flatMap((size) => [randomBytes(size), Buffer.alloc(size, 'mirage ')])
        for (const body of bodies) {
          const key = await blobs.put('w', body)
          expect(key).toBe(hash('sha256', body))
          expect(await blobs.has('w', key)).toBe(true)
          expect(Buffer.from((await blobs.get('w', key))!).equals(body)).toBe(true)
        }
      }))

    it('keeps every byte', () =>
      withPort(open, async (blobs) => {
        await fc.assert(
          fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (body) => {
            expect(Array.from((await blobs.get('w', await blobs.put('w', body)))!)).toEqual(Array.from(body))
          }),
          { numRuns: 50 },
        )
      }))

    it('answers undefined for what is not there', () =>
      withPort(open, async (blobs) => {
        for (const key of [hash('sha256', 'nothing'), '', '../../etc/passwd', 'A'.repeat(64)]) {
          expect(await blobs.get('w', key)).toBeUndefined()
          expect(await blobs.has('w', key)).toBe(false)
        }
      }))

    it('is not changed by what its callers do to their bytes', () =>
      withPort(open, async (blobs) => {
        const body = Buffer.from('as it was')
        const key = await blobs.put('w', body)
        body.fill(0)
        ;(await blobs.get('w', key))!.fill(0)
        expect(Buffer.from((await blobs.get('w', key))!).toString()).toBe('as it was')
      }))

    it('keeps workspaces apart, and erases one', () =>
      withPort(open, async (blobs) => {
        const key = await blobs.put('one', Buffer.from('body'))
        const large = await blobs.put('one', randomBytes(200_000))
        expect(await blobs.get('two', key)).toBeUndefined()
        await blobs.put('ONE', Buffer.from('body'))
        await blobs.erase('one')
        expect(await blobs.has('one', key)).toBe(false)
        expect(await blobs.has('one', large)).toBe(false)
        expect(await blobs.has('ONE', key)).toBe(true)
      }))

    it('takes the same body from many at once', () =>
      withPort(open, async (blobs) => {
        for (const body of [Buffer.from('small'), randomBytes(150_000)]) {
          const keys = await Promise.all(Array.from({ length: 20 }, () => blobs.put('w', body)))
          expect(new Set(keys).size).toBe(1)
          expect((await blobs.get('w', keys[0]!))?.length).toBe(body.length)
        }
      }))

    it('sweeps what is old and unused, and nothing that was put again', () =>
      withPort(open, async (blobs, _, clock) => {
        const bodies = [
          Buffer.from('used'),
          Buffer.from('unused'),
          Buffer.from('renewed'),
          randomBytes(99_000),
          randomBytes(99_001),
        ]
        const [used, unused, renewed, large, largeRenewed] = await Promise.all(
          bodies.map((body) => blobs.put('w', body)),
        )
        await clock.advance(10_000)
        await blobs.put('w', bodies[2]!)
        await blobs.put('w', bodies[4]!)
        const young = await blobs.put('w', Buffer.from('young'))
        expect(await blobs.sweep('w', clock.now() - 5_000, async (key) => key === used)).toBe(2)
        expect(
          await Promise.all([used, renewed, largeRenewed, young].map((key) => blobs.has('w', key!))),
        ).not.toContain(false)
        expect(await Promise.all([unused, large].map((key) => blobs.has('w', key!)))).not.toContain(true)
        expect(await blobs.sweep('elsewhere', clock.now() + 1, async () => false)).toBe(0)
      }))

    it('sweeps more than a page', () =>
      withPort(open, async (blobs, _, clock) => {
        await Promise.all(Array.from({ length: 1_200 }, (_, i) => blobs.put('w', Buffer.from(`body ${i}`))))
        const kept = hash('sha256', 'body 7')
        expect(await blobs.sweep('w', clock.now() + 1, async (key) => key === kept)).toBe(1_199)
        expect(await blobs.has('w', kept)).toBe(true)
      }))

    it('keeps what `can` says it keeps', () =>
      withPort(open, async (blobs, opened) => {
        const small = await blobs.put('w', Buffer.from('small'))
        const large = await blobs.put('w', randomBytes(100_000))
        if (!blobs.can.durable) return
        const again = await opened.reopen!()
        expect(await again.has('w', small)).toBe(true)
        expect((await again.get('w', large))?.length).toBe(100_000)
      }))
  })
}

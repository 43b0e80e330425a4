import { hash } from 'node:crypto'
import type { Blobs } from '@mirage/ports/blobs.ts'

interface Body {
  bytes: Uint8Array
  putAt: number
}

/** Bodies of this process, for tests and small runs: lost when it ends. */
export function openMemoryBlobs({ now }: { now: () => number }): Blobs {
  const workspaces = new Map<string, Map<string, Body>>()

  return {
    can: { shared: false, durable: false },

    async put(workspace, bytes) {
      const key = hash('sha256', bytes)
      const bodies = workspaces.get(workspace) ?? new Map<string, Body>()
      workspaces.set(workspace, bodies)
      bodies.set(key, { bytes: bodies.get(key)?.bytes ?? Uint8Array.from(bytes), putAt: now() })
      return key
    },

    async get(workspace, key) {
      const body = workspaces.get(workspace)?.get(key)
      return body && Uint8Array.from(body.bytes)
    },

    async has(workspace, key) {
      return workspaces.get(workspace)?.has(key) ?? false
    },

    async sweep(workspace, before, isUsed) {
      const bodies = workspaces.get(workspace) ?? new Map<string, Body>()
      let removed = 0
      for (const [key, { putAt }] of bodies) {
        if (putAt >= before || (await isUsed(key))) continue
        // Stored again while we asked: it is in use.
        if ((bodies.get(key)?.putAt ?? before) < before && bodies.delete(key)) removed++
      }
      return removed
    },

    async erase(workspace) {
      workspaces.delete(workspace)
    },

    async [Symbol.asyncDispose]() {
      workspaces.clear()
    },
  }
}

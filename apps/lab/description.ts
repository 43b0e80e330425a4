import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type as t } from 'typebox'
import { Value } from 'typebox/value'
import { worldSizes, type WorldSize } from './world/size.ts'

/** How a dialer reaches the world: virtual addresses on the left, loopback sockets on the right. */
export const DialMap = t.Object({
  /** The SOCKS5 server that carries every TCP connection to an address of `networks`. */
  tcp: t.Object({ socks: t.String() }),
  /** The world's addresses are real where the lab runs: they are to be dialled as they are, and `udp` is empty. */
  direct: t.Optional(t.Boolean()),
  /** For each DNS server, `ADDRESS:53` (IPv6 in brackets) and the socket that stands for it. */
  udp: t.Record(t.String(), t.String()),
  /** What a machine of the world would be configured with; the last of them lies. */
  resolvers: t.Array(t.String()),
  networks: t.Array(t.String()),
  /** PEM of the authority that signs the certificates of providers and sites. */
  ca: t.String(),
})
export type DialMap = Static<typeof DialMap>

/** `lab.json`: a lab that runs, or ran. */
export const LabDescription = t.Object({
  pid: t.Integer(),
  size: t.Enum(Object.keys(worldSizes) as WorldSize[]), // the keys of the table
  seed: t.Integer(),
  startedAt: t.String(),
  dialMap: DialMap,
  control: t.Object({ url: t.String(), token: t.String() }),
  /** The network namespace in which the same world has its real addresses and ports. */
  namespace: t.Optional(t.String()),
})
export type LabDescription = Static<typeof LabDescription>

/** The description in `directory`; undefined when there is none that can be read. */
export function readDescription(directory: string): LabDescription | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(directory, 'lab.json'), 'utf8'))
    return Value.Check(LabDescription, value) ? value : undefined
  } catch {
    return undefined
  }
}

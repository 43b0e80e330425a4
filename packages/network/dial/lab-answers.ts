import { connect } from 'node:net'
import type { DialMap } from './dial-map.ts'

/** A lab that is gone refuses at once; one on a busy machine may take its time. */
const patienceMs = 5_000

/** True when the lab behind this dial map takes connections. Never rejects. */
export function labAnswers({ tcp }: DialMap): Promise<boolean> {
  const at = tcp.socks.lastIndexOf(':')
  return new Promise((resolve) => {
    const socket = connect({ host: tcp.socks.slice(0, at), port: Number(tcp.socks.slice(at + 1)) })
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

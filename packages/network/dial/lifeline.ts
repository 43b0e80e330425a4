import { connect } from 'node:net'
import type { DialMap } from './dial-map.ts'
import { cancelled } from '../error.ts'
import { labAnswers } from './lab-answers.ts'

/**
 * A connection to the lab that is held for nothing but its end. A lab that goes away cuts what is under way, and that
 * looks like a target that closes, refuses or speaks no TLS: none of it may be recorded, also when the lab is back soon.
 */
export interface Lifeline extends Disposable {
  /** The lab went away since this was opened. It stays true when the lab is back. */
  readonly isCut: boolean
  /** Resolves when the lab was there after the call. Throws a `cancelled` NetworkError when it was not. */
  confirm(): Promise<void>
}

/** SOCKS5 without authentication (RFC 1928 §3): the lab keeps a connection that has greeted for as long as it runs. */
const greeting = Uint8Array.of(5, 1, 0)

/** Calls `onCut` once, when the lab has gone away. */
export function openLifeline(dialMap: DialMap, onCut: () => void): Lifeline {
  const { socks } = dialMap.tcp
  const at = socks.lastIndexOf(':')
  const socket = connect({ host: socks.slice(0, at), port: Number(socks.slice(at + 1)) })
  let isCut = false
  let checking: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined

  function cut(): void {
    if (isCut) return
    isCut = true
    onCut()
  }

  socket.on('error', cut).once('close', cut).resume()
  socket.write(greeting)

  async function check(): Promise<void> {
    if (!isCut && !(await labAnswers(dialMap))) cut()
  }

  return {
    get isCut() {
      return isCut
    },
    async confirm() {
      // One look serves all who came before it began.
      waiting ??= checking.then(() => {
        waiting = undefined
        return (checking = check())
      })
      await waiting
      if (isCut) throw cancelled('The lab went away.')
    },
    [Symbol.dispose]() {
      socket.off('close', cut).destroy()
    },
  }
}

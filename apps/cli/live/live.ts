import type { Finding } from '@mirage/services/correlation-engine/contract.ts'
import type { Run } from '@mirage/services/scan-orchestration/contract.ts'
import type { OutputStream } from '../cli.ts'
import { findingLine } from '../output/finding-line.ts'
import type { People } from '../people.ts'
import type { Watcher } from '../scan/watch.ts'
import { frameOf } from './frame.ts'
import { openScreen } from './screen.ts'
import { newestShown, openState } from './state.ts'

/** A display of a run at the bottom of the terminal, drawn at most ten times a second. */
export interface Live extends Disposable {
  watcher: Required<Pick<Watcher, 'entity' | 'progress' | 'finding'>>
  /** The person asked for the end: say so at once. */
  stopping(): void
}

const frameMs = 100

export function openLive(stream: OutputStream, people: People, run: Run): Live {
  const state = openState(run)
  const screen = openScreen(stream)
  let tick = 0
  let reportedAt = performance.now()

  function draw(): void {
    if (state.run.status === 'running') state.seconds = state.run.seconds + (performance.now() - reportedAt) / 1000
    // One column and one line stay free: a full line would make some terminals wrap, a full screen would scroll.
    screen.draw(
      frameOf(state, { columns: screen.columns - 1, rows: Math.min(30, screen.rows - 1), style: people.style, tick }),
    )
    tick++
  }

  people.route((lines) => screen.print(lines))
  const timer = setInterval(draw, frameMs)
  stream.on('resize', draw)
  draw()

  return {
    watcher: {
      entity({ type, value }) {
        state.newest.push({ type, value })
        if (state.newest.length > newestShown) state.newest.shift()
      },
      progress(run, lanes) {
        state.run = run
        state.lanes = lanes
        state.seconds = run.seconds
        reportedAt = performance.now()
      },
      finding(finding: Finding) {
        state.findings[finding.severity]++
        people.say(findingLine(finding, people.style, screen.columns - 1))
      },
    },
    stopping() {
      state.stopping = true
      draw()
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      stream.off('resize', draw)
      people.route(undefined)
      screen.close()
    },
  }
}

import { outcomes } from '@mirage/model/outcome.ts'
import { severities } from '@mirage/model/finding.ts'
import type { Lane } from '@mirage/services/scan-orchestration/contract.ts'
import { printable } from '../output/printable.ts'
import { paintSeverity, type Style } from '../output/style.ts'
import { heldBackInWords } from '../output/held-back.ts'
import { count, counted, cut, fit, stopwatch, widthOf } from '../output/text.ts'
import type { LiveState } from './state.ts'

export interface FrameOptions {
  columns: number
  /** Lines that the frame may take. */
  rows: number
  style: Style
  /** Counts up with every frame: what turns. */
  tick: number
}

const turning = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** The live display as lines, none wider than `columns`. */
export function frameOf(state: LiveState, options: FrameOptions): string[] {
  const head = headOf(state, options)
  const foot = footOf(state, options)
  const room = options.rows - head.length - foot.length
  return [...head, ...lanesOf(state, room, options), ...foot].slice(0, Math.max(1, options.rows))
}

function headOf({ run, lanes, seconds, stopping }: LiveState, { columns, style, tick }: FrameOptions): string[] {
  const isMoving = run.status === 'running' && !stopping
  const sign = isMoving ? turning[tick % turning.length]! : run.status === 'paused' ? '‖' : '·'
  const state = stopping ? 'stopping' : run.waitingFor ? `waiting for ${run.waitingFor}` : run.status
  const right = `${state}  ${stopwatch(seconds)}`
  const name = fit(printable(run.name), Math.max(8, columns - widthOf(right) - 4))
  const open = lanes.reduce((sum, { queued, running }) => sum + queued + running, 0)
  const counts = [
    counted(run.entities, 'entity', 'entities'),
    run.relationships > 0 ? counted(run.relationships, 'relationship') : '',
    counted(run.requests + run.queries, 'request'),
    open > 0 ? `${count(open)} open` : '',
  ]
  return [
    cutPainted(
      [
        [`${sign} `, style.cyan],
        [name, style.bold],
        [`  ${right}`, style.dim],
      ],
      columns,
    ),
    cutPainted([[`  ${joinFitting(counts, columns - 2)}`, style.dim]], columns),
    ...wrapTypes(run.byType, columns, style),
  ]
}

/** The most frequent types on one line. */
function wrapTypes(byType: Record<string, number>, columns: number, style: Style): string[] {
  const types = Object.entries(byType).toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b))
  if (types.length === 0) return []
  return [
    cutPainted(
      [
        [
          `  ${joinFitting(
            types.map(([type, n]) => `${type} ${count(n)}`),
            columns - 2,
          )}`,
          style.dim,
        ],
      ],
      columns,
    ),
  ]
}

/** As many of the texts as fit, with dots between them. */
function joinFitting(texts: string[], columns: number): string {
  let joined = ''
  for (const text of texts) {
    if (text === '') continue
    const next = joined === '' ? text : `${joined} · ${text}`
    if (widthOf(next) > columns) break
    joined = next
  }
  return joined
}

type Piece = [text: string, paint?: (text: string) => string]

/** Pieces side by side, cut as one line, then painted. */
function cutPainted(pieces: Piece[], columns: number): string {
  let room = columns
  let line = ''
  for (const [text, paint] of pieces) {
    const short = cut(text, room)
    line += paint ? paint(short) : short
    room -= widthOf(short)
    if (short !== text) break
  }
  return line
}

/** What a person looks for first: work, then trouble, then what is done; within each the order of the plan. */
function rankOf(lane: Lane): number {
  if (lane.running > 0) return 0
  if (lane.queued > 0) return 1
  if (troubleOf(lane) !== '') return 2
  if (lane.done > 0) return 3
  return lane.state === 'planned' ? 4 : 5
}

function lanesOf({ lanes }: LiveState, room: number, options: FrameOptions): string[] {
  if (lanes.length === 0 || room < 1) return []
  const sorted = lanes
    .map((lane, index) => ({ lane, index, rank: rankOf(lane) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ lane }) => lane)
  const shown = sorted.length <= room ? sorted : sorted.slice(0, room - 1)
  const nameWidth = Math.min(20, Math.max(...lanes.map(({ module }) => module.length)))
  const lines = shown.map((lane) => laneOf(lane, nameWidth, options))
  return shown.length === sorted.length ? lines : [...lines, restOf(sorted.slice(shown.length), options)]
}

function laneOf(lane: Lane, nameWidth: number, { columns, style, tick }: FrameOptions): string {
  const name = fit(lane.module, Math.min(nameWidth, Math.max(6, columns - 20)))
  if (lane.state !== 'planned') {
    const why = lane.state === 'no-key' && lane.key ? `no key (${lane.key.name})` : stateInWords(lane.state)
    return cutPainted([[`  ${name}  ${why}`, style.dim]], columns)
  }
  const total = lane.queued + lane.running + lane.done
  if (total === 0) return cutPainted([[`  ${name}  nothing to do yet`, style.dim]], columns)
  const isActive = lane.running > 0
  const barWidth = columns >= 100 ? 20 : columns >= 60 ? 10 : 0
  const bar = barOf(lane.done / total, barWidth)
  const trouble = troubleOf(lane)
  const isOver = lane.done > 0 && lane.queued + lane.running === 0
  const hasFailed = isOver && trouble !== '' && lane.observations === 0
  const sign = isActive ? turning[tick % turning.length]! : hasFailed ? '!' : isOver ? '✓' : ' '
  return cutPainted(
    [
      [`${sign} `, isActive ? style.cyan : hasFailed ? style.yellow : style.green],
      isActive ? [name, style.bold] : [name],
      [barWidth > 0 ? `  ${bar}` : '', isActive ? style.cyan : style.dim],
      [`  ${`${count(lane.done)}/${count(total)}`.padStart(9)}`, style.dim],
      [`  ${count(lane.observations).padStart(6)} found`],
      [lane.heldBack ? `  ${heldBackInWords(lane.heldBack)}` : '', style.dim],
      [trouble === '' ? '' : `  ${trouble}`, style.yellow],
    ],
    columns,
  )
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}

const fine = new Set<string>(['found', 'empty', 'skipped'])

/** What did not work, most frequent first, with the last reason: `3 rate-limited (429)`. */
function troubleOf({ outcomes: counts, lastReason }: Lane): string {
  const bad = outcomes.filter((outcome) => !fine.has(outcome) && (counts[outcome] ?? 0) > 0)
  if (bad.length === 0) return ''
  const text = bad
    .toSorted((a, b) => counts[b]! - counts[a]!)
    .map((outcome) => `${count(counts[outcome]!)} ${outcome}`)
    .join(', ')
  return lastReason ? `${text}: ${printable(lastReason)}` : text
}

function stateInWords(state: Lane['state']): string {
  switch (state) {
    case 'planned':
      return 'planned'
    case 'no-key':
      return 'no key'
    case 'beyond-contact':
      return 'left out: beyond the contact allowed'
    case 'not-allowed':
      return 'left out: not allowed by this run'
    case 'disabled':
      return 'disabled'
  }
}

/** The lanes that have no line of their own, as one. */
function restOf(lanes: Lane[], { columns, style }: FrameOptions): string {
  const waiting = lanes.filter(({ queued, running }) => queued + running > 0).length
  const done = lanes.filter(({ queued, running, done }) => queued + running === 0 && done > 0).length
  const parts = [
    waiting > 0 ? `${count(waiting)} at work` : '',
    done > 0 ? `${count(done)} done` : '',
    lanes.length - waiting - done > 0 ? `${count(lanes.length - waiting - done)} with nothing to do` : '',
  ].filter((part) => part !== '')
  return cutPainted([[`  … ${counted(lanes.length, 'more module')}: ${parts.join(', ')}`, style.dim]], columns)
}

function footOf({ newest, findings }: LiveState, { columns, style, rows }: FrameOptions): string[] {
  const lines: string[] = []
  const found = severities.toReversed().filter((severity) => findings[severity] > 0)
  if (found.length > 0) {
    const pieces: Piece[] = [['  findings', style.dim]]
    for (const severity of found)
      pieces.push([`  ${findings[severity]} ${severity}`, (text) => paintSeverity(style, severity, text)])
    lines.push(cutPainted(pieces, columns))
  }
  if (rows >= 10)
    for (const { type, value } of newest)
      lines.push(cutPainted([[`  + ${fit(type, 14)} `, style.dim], [printable(value)]], columns))
  return lines
}

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cell, type Style, Terminal } from './terminal.ts'

/**
 * Draws the picture of the README: runs `mirage demo` in a pseudo-terminal (`script` of util-linux), and writes what was
 * on the screen as an animated SVG that needs no script. `node scripts/record-demo.ts`, then look at it and commit it.
 */

const root = join(import.meta.dirname, '..')
const picture = join(root, 'docs/pictures/demo.svg')
const size = { columns: 100, rows: 34 }
/** Frames of the run, evenly over its time, and the last one, which stays longer. */
const frames = 14
const secondsEach = 1.1
const secondsLast = 9

interface Moment {
  at: number
  screen: Cell[][]
}

function record(): Moment[] {
  const directory = mkdtempSync(join(tmpdir(), 'mirage-recording-'))
  try {
    const [output, timing] = [join(directory, 'output'), join(directory, 'timing')]
    const command = `stty cols ${size.columns} rows ${size.rows}; exec "${process.execPath}" "${join(root, 'apps/cli/main.ts')}" demo`
    execFileSync('script', ['-qefc', command, '--log-out', output, '--log-timing', timing], {
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', HOME: directory, MIRAGE_DATA: join(directory, 'data') },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const bytes = readFileSync(output)
    return play(bytes.subarray(bytes.indexOf('\n') + 1), readFileSync(timing, 'utf8'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The screen after each piece of output. `timing` has a line a piece: seconds since the one before, and its bytes. */
function play(bytes: Buffer, timing: string): Moment[] {
  const terminal = new Terminal(size.rows)
  terminal.write('\u001B[32m$\u001B[39m \u001B[1mnpm run demo\u001B[22m\r\n')
  const decoder = new TextDecoder()
  const moments: Moment[] = []
  let at = 0
  let from = 0
  for (const line of timing.trim().split('\n')) {
    const [seconds, length] = line.split(' ').map(Number)
    at += seconds!
    terminal.write(decoder.decode(bytes.subarray(from, (from += length!)), { stream: true }))
    moments.push({ at, screen: terminal.screen })
  }
  return moments
}

function choose(moments: Moment[]): Cell[][][] {
  const last = moments.at(-1)!
  const chosen = Array.from({ length: frames }, (_, i) => {
    const wanted = (last.at * (i + 0.5)) / frames
    return moments.findLast(({ at }) => at <= wanted)?.screen ?? moments[0]!.screen
  })
  return [...chosen, last.screen]
}

const palette: Record<string, string> = {
  red: '#ff7b72',
  green: '#7ee787',
  yellow: '#e3b341',
  blue: '#79c0ff',
  magenta: '#ff7bd5',
  cyan: '#56d4dd',
}
const cell = { width: 8.4, height: 19 }
const margin = { left: 18, top: 46 }

function draw(screens: Cell[][][]): string {
  const lines = new Map<string, string>()
  const groups = screens.map((screen, i) => {
    const uses = screen.map((line, row) => {
      const markup = runsOf(line).map(drawRun).join('')
      if (markup === '') return ''
      let id = lines.get(markup)
      if (id === undefined) lines.set(markup, (id = `l${lines.size}`))
      return `<use href="#${id}" y="${margin.top + row * cell.height}"/>`
    })
    return `<g class="f f${i}">${uses.join('')}</g>`
  })
  const width = Math.ceil(margin.left * 2 + size.columns * cell.width)
  const height = margin.top + size.rows * cell.height + 8
  const definitions = [...lines].map(([markup, id]) => `<g id="${id}">${markup}</g>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A scan of the demo company in a terminal: a lane for each module, then the findings and the next commands.">`,
    `<style>${styleSheet(screens.length)}</style>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map((fill, i) => `<circle cx="${22 + i * 20}" cy="20" r="6" fill="${fill}"/>`),
    `<defs>${definitions.join('\n')}</defs>`,
    ...groups,
    '</svg>\n',
  ].join('\n')
}

function styleSheet(count: number): string {
  const total = (count - 1) * secondsEach + secondsLast
  const rules = Array.from({ length: count }, (_, i) => {
    const percent = (seconds: number): string => `${((seconds / total) * 100).toFixed(2)}%`
    const [from, to] = [percent(i * secondsEach), i === count - 1 ? '100%' : percent((i + 1) * secondsEach)]
    const before = i === 0 ? '' : '0%{visibility:hidden}'
    const after = i === count - 1 ? '' : `${to}{visibility:hidden}`
    return `@keyframes k${i}{${before}${from}{visibility:visible}${after}100%{visibility:${i === count - 1 ? 'visible' : 'hidden'}}}.f${i}{animation:k${i} ${total}s step-end infinite}`
  })
  const inks = Object.entries(palette).map(([name, ink]) => `.${name}{fill:${ink}}`)
  return [
    'text{font:14px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}',
    ...inks,
    '.bold{font-weight:bold}.dim{opacity:.6}',
    `.f{visibility:hidden}.f${count - 1}{visibility:visible}`,
    ...rules,
    `@media (prefers-reduced-motion:reduce){.f{animation:none!important}}`,
  ].join('')
}

interface Run {
  column: number
  /** A cell each. */
  text: string
  style: Style
}

/** Neighbouring cells of one look; white space is left out. */
function runsOf(line: Cell[]): Run[] {
  const runs: Run[] = []
  for (const [column, { character, style }] of line.entries()) {
    const open = runs.at(-1)
    if (open && sameLook(open.style, style)) open.text += character
    else runs.push({ column, text: character, style })
  }
  return runs.filter(({ text }) => text.trim() !== '')
}

function sameLook(a: Style, b: Style): boolean {
  return a.colour === b.colour && a.bold === b.bold && a.dim === b.dim
}

/** `textLength` keeps columns in line whatever font the reader has. */
function drawRun({ column, text, style }: Run): string {
  const trimmed = text.trimEnd()
  const classes = [style.colour, style.bold ? 'bold' : undefined, style.dim ? 'dim' : undefined]
    .filter(Boolean)
    .join(' ')
  const x = (margin.left + column * cell.width).toFixed(1)
  const length = (Array.from(trimmed).length * cell.width).toFixed(1)
  const escaped = trimmed.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" textLength="${length}"${classes ? ` class="${classes}"` : ''}>${escaped}</text>`
}

writeFileSync(picture, draw(choose(record())))
console.error(`wrote ${picture}`)

import type { HttpAnswer } from '@mirage/model/exchange.ts'
import { headerOf, textOf } from './body.ts'
import type { Http } from './context.ts'
import { type Page, isHtml, readPage } from './page.ts'

/** A page that this run has fetched before, as the modules that only read see it. Several of them share it. */
export interface RecordedPage {
  /** What a reader sees; of what is no HTML, everything. */
  readonly seen: string
  /** Everything that was sent, as text: markup, scripts and comments included. */
  readonly source: string
  /** Of HTML. */
  readonly page?: Page
}

/** The recorded page of a URL; undefined where this run has none. It becomes the evidence of what is yielded next. */
export async function readRecorded(http: Http, url: string): Promise<RecordedPage | undefined> {
  const answer = await http.recorded(url)
  if (!answer || answer.status >= 400) return undefined
  const known = kept.get(answer.exchange)
  if (known && isSame(known.answer, answer)) return known.read
  const read = readAnswer(answer)
  keep(answer, read)
  return read
}

function readAnswer(answer: HttpAnswer): RecordedPage {
  const source = textOf(answer)
  if (!isHtml(answer)) return { seen: source, source }
  const page = readPage(answer)
  return { seen: page.text, source, page }
}

/**
 * Pages that were read a moment ago, by their exchange: half a dozen modules read each page, and parsing it is most of
 * their work.
 */
const kept = new Map<string, { answer: HttpAnswer; read: RecordedPage }>()
const maxKeptBytes = 8 * 1024 * 1024
let keptBytes = 0

function keep(answer: HttpAnswer, read: RecordedPage): void {
  drop(answer.exchange)
  kept.set(answer.exchange, { answer, read })
  keptBytes += answer.body.length
  for (const oldest of kept.keys()) {
    if (keptBytes <= maxKeptBytes) return
    drop(oldest)
  }
}

function drop(exchange: string): void {
  const known = kept.get(exchange)
  if (!known) return
  kept.delete(exchange)
  keptBytes -= known.answer.body.length
}

/** Ids of exchanges are unique in one store, and not between those of one process. */
function isSame(a: HttpAnswer, b: HttpAnswer): boolean {
  return (
    a.url === b.url &&
    headerOf(a, 'content-type') === headerOf(b, 'content-type') &&
    Buffer.compare(a.body, b.body) === 0
  )
}

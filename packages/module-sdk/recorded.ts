import { textOf } from './body.ts'
import type { Http } from './context.ts'
import { type Page, isHtml, readPage } from './page.ts'

/** A page that this run has fetched before, as the modules that only read see it. */
export interface RecordedPage {
  /** What a reader sees; of what is no HTML, everything. */
  seen: string
  /** Everything that was sent, as text: markup, scripts and comments included. */
  source: string
  /** Of HTML. */
  page?: Page
}

/** The recorded page of a URL; undefined where this run has none. It becomes the evidence of what is yielded next. */
export async function readRecorded(http: Http, url: string): Promise<RecordedPage | undefined> {
  const answer = await http.recorded(url)
  if (!answer || answer.status >= 400) return undefined
  const source = textOf(answer)
  if (!isHtml(answer)) return { seen: source, source }
  const page = readPage(answer)
  return { seen: page.text, source, page }
}

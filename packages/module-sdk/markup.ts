import { type Handler, Parser, type ParserOptions } from 'htmlparser2'

/** Browsers stop at 512 too; no page that means well is deeper. */
const maxDepth = 512

/**
 * The parser for markup that strangers wrote. Elements below a depth are read as if they had no content of their own:
 * the cost of every tag grows with the elements open around it, and a page of nothing but opening tags would hold up
 * the process for a minute.
 */
export class MarkupParser extends Parser {
  #depth: { open: number }
  #isTooDeep = false

  constructor(handler: Partial<Handler>, options: ParserOptions) {
    const depth = { open: 0 }
    super(
      {
        ...handler,
        onopentag(name, attributes, isImplied) {
          depth.open++
          handler.onopentag?.(name, attributes, isImplied)
        },
        onclosetag(name, isImplied) {
          depth.open--
          handler.onclosetag?.(name, isImplied)
        },
      },
      options,
    )
    this.#depth = depth
  }

  override onopentagname(start: number, end: number): void {
    this.#isTooDeep = this.#depth.open >= maxDepth
    super.onopentagname(start, end)
  }

  override onclosetag(start: number, end: number): void {
    this.#isTooDeep = false
    super.onclosetag(start, end)
  }

  override isVoidElement(name: string): boolean {
    return this.#isTooDeep || super.isVoidElement(name)
  }
}

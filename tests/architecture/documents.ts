import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The documents of this repository, and what in them can be compared with it. */

export const root = join(import.meta.dirname, '../..')

const excluded = new Set(['node_modules', '.git', 'coverage'])

/** Every file of the tree, and every folder with a `/` behind it; relative to the root. */
export const tree: ReadonlySet<string> = new Set(
  globSync('**/*', { cwd: root, withFileTypes: true, exclude: ({ name }) => excluded.has(name) }).map((entry) => {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1)
    return entry.isDirectory() ? `${path}/` : path
  }),
)

export interface Document {
  /** Relative to the root. */
  path: string
  text: string
  /** Without its fenced blocks. */
  prose: string
  /** Lines of the fenced blocks of shell. */
  shell: string[]
}

export const documents: Document[] = [...tree].filter((path) => path.endsWith('.md')).map(readDocument)

function readDocument(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  const shell: string[] = []
  const prose = text.replaceAll(/^```(\w*)\n([\s\S]*?)^```$/gm, (_block, language: string, content: string) => {
    if (language === 'sh') shell.push(...content.split('\n'))
    return ''
  })
  return { path, text, prose, shell }
}

/** What stands between backticks in the prose. */
export function codeIn({ prose }: Document): string[] {
  return [...prose.matchAll(/`` ?(.+?) ?``|`([^`\n]+)`/g)].map(([, double, single]) => double ?? single!)
}

/** The links of a document that lead into this repository, from the root, each with its part behind `#`. */
export function linksIn({ path, prose }: Document): { link: string; target: string; anchor: string | undefined }[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [target = '', anchor] = link.split('#')
      return { link, anchor, target: target === '' ? path : normalize(join(dirname(path), target)) }
    })
}

/** The anchors that GitHub gives the headings of a document. */
export function anchorsOf({ prose }: Document): string[] {
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Words that name a file or a folder of ours: a name of a source file or document, or a path with a `/` at its end. */
export function pathsIn(document: Document): string[] {
  return codeIn(document).filter((code) => /^[\w@./-]+(\.(ts|js|md|yaml)|[\w-]\/)$/.test(code) && !/^[@/]/.test(code))
}

/** Whether a path that `named` names is there: from the root, from its folder, or as the end of any path. */
export function isThere(path: string, named: string): boolean {
  const near = normalize(join(dirname(named), path))
  if (tree.has(path) || tree.has(near)) return true
  return [...tree].some((one) => one.endsWith(`/${path}`))
}

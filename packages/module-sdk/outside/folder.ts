import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Transport } from '../context.ts'
import type { AnyModule } from '../define.ts'
import { type Jail, jail } from './jail.ts'
import type { ManifestEntry, ModuleManifest } from '../manifest.ts'
import type { RawItem, RunOptions, Spent, Task } from '../run.ts'
import { Answering } from './answering.ts'
import { isSpent, wrongDeclaration } from './declared.ts'
import { openHearing } from './hearing.ts'
import { type ModuleProcess, startModuleProcess } from './process.ts'

const longestLoadMs = 30_000
/** Processes that are being started at the same time. */
const loadedAtOnce = 2
/** Files of a folder that are looked at for links. */
const mostFiles = 100_000
/** A process that has ended its task is kept this long for the next one. */
const keptMs = 10_000

export interface OutsideModules extends AsyncDisposable {
  entries: ManifestEntry[]
  /** Why a folder holds no module, a sentence each. */
  problems: string[]
}

/**
 * The modules that ship and, beside them, those in the folders of `directory`, each of which runs in processes of its
 * own. A folder that holds no module, or one whose id is taken, is left out with a sentence.
 */
export async function openModules(
  shipped: ManifestEntry[],
  directory: string | undefined,
  within?: Jail,
): Promise<OutsideModules> {
  const problems: string[] = []
  const opened: OutsideModule[] = []
  const folders = directory === undefined ? [] : foldersOf(directory, problems)
  async function open(folder: string): Promise<void> {
    const name = basename(folder)
    try {
      if (shipped.some(({ id }) => id === name)) throw new Error('a module that ships with Mirage has that id')
      opened.push(await OutsideModule.open(folder, within ?? jail()))
    } catch (error) {
      problems.push(`“${folder}” is left out: ${messageOf(error)}.`)
    }
  }
  async function openNext(): Promise<void> {
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) await open(folder)
  }
  await Promise.all(Array.from({ length: loadedAtOnce }, openNext))
  const entries = opened.map((module) => module.entry).sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    entries: [...shipped, ...entries],
    problems: problems.sort(),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((module) => module[Symbol.asyncDispose]()))
    },
  }
}

function foldersOf(directory: string, problems: string[]): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && existsSync(join(directory, entry.name, 'module.ts')))
      .map((entry) => realpathSync(join(directory, entry.name)))
  } catch (error) {
    problems.push(`The modules of “${directory}” are left out: ${messageOf(error)}.`)
    return []
  }
}

/** The permissions of Node hold for the names of files, and a link has another: none may lead out of the folder. */
function linkOutOf(folder: string): string | undefined {
  let files = 0
  for (const entry of entriesBelow(folder)) {
    if (++files > mostFiles) return `it has more than ${mostFiles} files`
    if (!entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    if (!existsSync(path) || !(realpathSync(path) + sep).startsWith(folder + sep))
      return `its link “${path.slice(folder.length + 1)}” leads out of the folder`
  }
  return undefined
}

/** What stands in a folder and the folders in it. No link is followed, as `recursive` of Node does: it may lead anywhere. */
function* entriesBelow(folder: string): Generator<Dirent, void, void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    yield entry
    if (entry.isDirectory()) yield* entriesBelow(join(folder, entry.name))
  }
}

class OutsideModule implements AsyncDisposable {
  readonly #folder: string
  readonly #manifest: ModuleManifest
  readonly #within: Jail
  readonly #idle = new Map<ModuleProcess, NodeJS.Timeout>()
  readonly #all = new Set<ModuleProcess>()

  private constructor(folder: string, manifest: ModuleManifest, within: Jail) {
    this.#folder = folder
    this.#within = within
    this.#manifest = manifest
  }

  static async open(folder: string, within: Jail): Promise<OutsideModule> {
    const link = linkOutOf(folder)
    if (link !== undefined) throw new Error(link)
    const { child, manifest } = await load(folder, within)
    const wrong = wrongDeclaration(manifest, basename(folder))
    child.end()
    await child.ended
    if (wrong !== undefined) throw new Error(wrong)
    return new OutsideModule(folder, manifest, within)
  }

  get entry(): ManifestEntry {
    const module: AnyModule = { ...this.#manifest, collect: (...given) => this.#collect(...given) }
    return { ...this.#manifest, load: async () => module }
  }

  /** Runs one task in a process; its death is the failure of the task, and of nothing else. */
  async *#collect(task: Task, transport: Transport, options: RunOptions): AsyncGenerator<RawItem, Spent, void> {
    const { signal } = options
    signal.throwIfAborted()
    const child = this.#takeIdle() ?? (await this.#start())
    const answering = new Answering({ transport, contact: this.#manifest.contact, signal, say: child.say })
    const hearing = openHearing(child, answering, options.log)
    let isWhole = false
    signal.addEventListener('abort', hearing.wake)
    try {
      child.say({ kind: 'task', task })
      for (;;) {
        const message = hearing.next()
        if (message?.kind === 'item') yield answering.withEvidence(message.raw)
        else if (message?.kind === 'ended') {
          if (!isSpent(message.spent)) throw new Error(`${this.#manifest.id} ended in a way that makes no sense`)
          isWhole = true
          return message.spent
        } else if (signal.aborted) throw signal.reason
        else if (hearing.death !== undefined) throw new Error(`${this.#manifest.id} failed: ${hearing.death}`)
        else await hearing.more()
      }
    } finally {
      signal.removeEventListener('abort', hearing.wake)
      hearing.end()
      await answering.end()
      if (isWhole && hearing.death === undefined) this.#keep(child)
      else child.end()
    }
  }

  async #start(): Promise<ModuleProcess> {
    const { child } = await load(this.#folder, this.#within)
    this.#all.add(child)
    child.died(() => this.#all.delete(child))
    return child
  }

  #takeIdle(): ModuleProcess | undefined {
    for (const [child, timer] of this.#idle) {
      clearTimeout(timer)
      this.#idle.delete(child)
      return child
    }
    return undefined
  }

  #keep(child: ModuleProcess): void {
    const timer = setTimeout(() => {
      this.#idle.delete(child)
      child.end()
    }, keptMs).unref()
    this.#idle.set(child, timer)
    child.died(() => {
      clearTimeout(timer)
      this.#idle.delete(child)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#all]
    for (const child of all) child.end()
    await Promise.all(all.map(({ ended }) => ended))
  }
}

/** A process with the module of this folder in it. */
async function load(folder: string, within: Jail): Promise<{ child: ModuleProcess; manifest: ModuleManifest }> {
  const child = startModuleProcess(folder, within)
  const { promise, resolve, reject } = Promise.withResolvers<ModuleManifest>()
  child.listen((message) => {
    if (message.kind === 'loaded') resolve(message.manifest)
    else if (message.kind === 'unloadable') reject(new Error(message.reason))
  })
  child.died((reason) => reject(new Error(reason)))
  const late = setTimeout(() => reject(new Error('it was not loaded within half a minute')), longestLoadMs)
  try {
    child.say({ kind: 'load', file: join(folder, 'module.ts') })
    return { child, manifest: await promise }
  } catch (error) {
    child.end()
    throw error
  } finally {
    clearTimeout(late)
    child.listen(undefined)
  }
}

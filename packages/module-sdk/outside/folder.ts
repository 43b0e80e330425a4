import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf } from '@mirage/kit/errors.ts'
import type { Transport } from '../context.ts'
import type { AnyModule } from '../define.ts'
import type { ManifestEntry, ModuleManifest } from '../manifest.ts'
import type { RawItem, RunOptions, Spent, Task } from '../run.ts'
import { Answering } from './answering.ts'
import { isSpent, wrongDeclaration } from './declared.ts'
import type { FromChild } from './messages.ts'
import { type ModuleProcess, startModuleProcess } from './process.ts'

const longestLoadMs = 30_000
/** Processes that are being started at the same time. */
const loadedAtOnce = 2
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
export async function openModules(shipped: ManifestEntry[], directory: string | undefined): Promise<OutsideModules> {
  const problems: string[] = []
  const opened: OutsideModule[] = []
  const folders = directory === undefined ? [] : foldersOf(directory, problems)
  async function open(folder: string): Promise<void> {
    const name = basename(folder)
    try {
      if (shipped.some(({ id }) => id === name)) throw new Error('a module that ships with Mirage has that id')
      opened.push(await OutsideModule.open(folder))
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

class OutsideModule implements AsyncDisposable {
  readonly #folder: string
  readonly #manifest: ModuleManifest
  readonly #idle = new Map<ModuleProcess, NodeJS.Timeout>()
  readonly #all = new Set<ModuleProcess>()

  private constructor(folder: string, manifest: ModuleManifest) {
    this.#folder = folder
    this.#manifest = manifest
  }

  static async open(folder: string): Promise<OutsideModule> {
    const { child, manifest } = await load(folder)
    const wrong = wrongDeclaration(manifest, basename(folder))
    child.end()
    await child.ended
    if (wrong !== undefined) throw new Error(wrong)
    return new OutsideModule(folder, manifest)
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
    const say = child.say
    const answering = new Answering({ transport, contact: this.#manifest.contact, signal, say })
    const said: FromChild[] = []
    let wake = (): void => {}
    let death: string | undefined
    child.died((reason) => {
      death = reason
      wake()
    })
    child.listen((message) => {
      if (message.kind === 'ask' || message.kind === 'more' || message.kind === 'enough') void answering.asked(message)
      else if (message.kind === 'log') options.log?.(message.message, message.fields)
      else {
        said.push(message)
        wake()
      }
    })
    let isWhole = false
    const onAbort = (): void => wake()
    signal.addEventListener('abort', onAbort)
    try {
      say({ kind: 'task', task })
      for (;;) {
        const message = said.shift()
        if (message?.kind === 'item') yield message.raw
        else if (message?.kind === 'ended') {
          if (!isSpent(message.spent)) throw new Error(`${this.#manifest.id} ended in a way that makes no sense`)
          isWhole = true
          return message.spent
        } else if (signal.aborted) throw signal.reason
        else if (death !== undefined) throw new Error(`${this.#manifest.id} failed: ${death}`)
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      child.listen(undefined)
      await answering.end()
      if (isWhole && death === undefined) this.#keep(child)
      else child.end()
    }
  }

  async #start(): Promise<ModuleProcess> {
    const { child } = await load(this.#folder)
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
async function load(folder: string): Promise<{ child: ModuleProcess; manifest: ModuleManifest }> {
  const child = startModuleProcess(folder)
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

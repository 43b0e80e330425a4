import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@mirage/kit/contract.ts'
import { MirageError } from '@mirage/kit/errors.ts'
import { type Scope, compileScope } from '@mirage/model/scope.ts'
import type { DialMap } from '@mirage/network/dial/dial-map.ts'
import type { Network, Session } from '@mirage/network/session.ts'
import type { LeasedTask, RunPolicy, scans } from '@mirage/services/scan-orchestration/contract.ts'

/** The network of one run under one policy. */
export interface RunSession {
  policy: RunPolicy
  session: Session
  scope: Scope
  dialMap: DialMap | undefined
}

export interface SessionsOptions {
  network: Network
  scans: Client<typeof scans>
  dataDirectory: string
  userAgent: string
  resolvers: string[]
  allowPrivate: boolean
}

/** One session a run, made at its first task and closed when the run's policy changes. */
export class Sessions implements AsyncDisposable {
  readonly #options: SessionsOptions
  readonly #open = new Map<string, { generation: number; session: Promise<RunSession> }>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** Throws `lab.away` when the run belongs to a lab that does not run. */
  of(task: Pick<LeasedTask, 'run' | 'workspace' | 'generation'>): Promise<RunSession> {
    const known = this.#open.get(task.run)
    if (known && known.generation >= task.generation) return known.session
    const closed = this.close(task.run)
    const session = closed.then(() => this.#start(task))
    const entry = { generation: task.generation, session }
    // Set before anything is awaited: tasks that come at the same time share the session.
    this.#open.set(task.run, entry)
    session.catch(() => {
      if (this.#open.get(task.run) === entry) this.#open.delete(task.run)
    })
    return session
  }

  async #start({
    run,
    workspace,
    generation,
  }: Pick<LeasedTask, 'run' | 'workspace' | 'generation'>): Promise<RunSession> {
    const policy = await this.#options.scans.getPolicy({ run }, { workspace })
    return openRun(this.#options, { ...policy, generation })
  }

  /**
   * Everything this run has under way ends as cancelled, and its sockets close; with `generation`, only where what is
   * under way is of an older one.
   */
  async close(run: string, generation = Infinity): Promise<void> {
    const known = this.#open.get(run)
    if (!known || known.generation >= generation) return
    this.#open.delete(run)
    const { session } = await known.session.catch(() => ({ session: undefined }))
    await session?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((run) => this.close(run)))
  }
}

/** The session that a policy makes. */
export function openRun(options: SessionsOptions, policy: RunPolicy): RunSession {
  const { definition, workspace, run, generation, contact, distance } = policy
  const { seeds, include = [], exclude = [], lab, proxy, rate, headers, userAgent, resolvers } = definition
  const dialMap = lab === undefined ? undefined : readDialMap(options.dataDirectory)
  const scope = compileScope({
    seeds,
    include,
    exclude,
    distance,
    allowPrivate: options.allowPrivate || lab !== undefined,
  })
  const chosen = resolvers ?? (options.resolvers.length > 0 ? options.resolvers : undefined)
  const session = options.network.session({
    workspace,
    run,
    generation,
    scope,
    ceiling: contact,
    ...(dialMap ? { dialMap } : {}),
    ...(lab ? { world: `lab ${lab.size} ${lab.seed}` } : {}),
    ...(chosen ? { resolvers: chosen } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    userAgent: userAgent ?? options.userAgent,
    ...(headers ? { targetHeaders: headers } : {}),
    ...(rate === undefined ? {} : { maxRate: rate }),
  })
  return { policy, session, scope, dialMap }
}

export function labAway(): MirageError {
  return new MirageError({
    code: 'lab.away',
    status: 503,
    detail: 'the lab, which does not run: start it with “mirage lab”',
    retryable: true,
  })
}

/** How the running lab of this installation is reached. Throws `lab.away`. */
function readDialMap(dataDirectory: string): DialMap {
  const file = join(dataDirectory, 'lab', 'lab.json')
  if (!existsSync(file)) throw labAway()
  const { dialMap } = JSON.parse(readFileSync(file, 'utf8')) as { dialMap: DialMap } // written by the lab itself
  return dialMap
}

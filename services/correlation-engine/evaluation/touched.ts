import type { CompiledRule } from '../language/compile.ts'

export interface TouchedGroups {
  workspace: string
  run: string
  rule: CompiledRule
  keys: string[]
}

/** More are not remembered: the end of the run looks at every group anyway. */
const mostKeys = 100_000

/** Groups of running runs that changed since they were last evaluated. A hint in memory, never the truth. */
export class Touched {
  readonly #runs = new Map<string, { workspace: string; run: string; rules: Map<CompiledRule, Set<string>> }>()
  #size = 0

  add(workspace: string, run: string, groups: { rule: CompiledRule; key: string }[]): void {
    for (const { rule, key } of groups) {
      if (!rule.live || this.#size >= mostKeys) continue
      const name = `${workspace}/${run}`
      let entry = this.#runs.get(name)
      if (!entry) this.#runs.set(name, (entry = { workspace, run, rules: new Map() }))
      let keys = entry.rules.get(rule)
      if (!keys) entry.rules.set(rule, (keys = new Set()))
      if (keys.has(key)) continue
      keys.add(key)
      this.#size++
    }
  }

  /** Takes at most `most` groups of one rule and run out. */
  take(most: number): TouchedGroups | undefined {
    for (const [name, { workspace, run, rules }] of this.#runs) {
      for (const [rule, set] of rules) {
        const keys = [...set.values().take(most)]
        for (const key of keys) set.delete(key)
        this.#size -= keys.length
        if (set.size === 0) rules.delete(rule)
        if (keys.length > 0) return { workspace, run, rule, keys }
      }
      this.#runs.delete(name)
    }
    return undefined
  }

  forget(workspace: string, run: string): void {
    const entry = this.#runs.get(`${workspace}/${run}`)
    for (const keys of entry?.rules.values() ?? []) this.#size -= keys.size
    this.#runs.delete(`${workspace}/${run}`)
  }

  get size(): number {
    return this.#size
  }
}

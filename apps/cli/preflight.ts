import type { Plan } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from './cli.ts'
import { printable } from './output/printable.ts'
import { cut } from './output/text.ts'

/** Three lines before the first packet: who will be contacted, which modules lack a key, how to stop. */
export function beforeFirstPacket(plan: Plan, { people, environment }: Cli): string[] {
  const columns = people.columns()
  const { style } = people
  const lines: [string, string][] = [
    ['Contacts', plan.contacted.length === 0 ? 'nobody' : plan.contacted.join('; ')],
    ['No key', missingKeys(plan, environment.program)],
    ['To stop', `Ctrl-C; everything is kept, and “${environment.program} resume last” goes on`],
  ]
  return lines.map(([name, text]) => {
    const short = columns === undefined ? printable(text) : cut(printable(text), columns - 11)
    return `${style.bold(name.padEnd(8))}  ${short}`
  })
}

function missingKeys({ missingKeys }: Plan, program: string): string {
  const [first] = missingKeys
  if (!first) return 'no module lacks one'
  const modules = missingKeys.map(({ module, name }) => `${module} (${name})`)
  return `${modules.join(', ')}: left out; add one with “${program} keys set ${first.name}”`
}

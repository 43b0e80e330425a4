import type { Plan } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { printable } from '../output/printable.ts'
import { indented } from '../output/text.ts'

/** Three lines before the first packet: who will be contacted, which modules lack a key, how to stop; before them, which targets are refused. */
export function beforeFirstPacket(plan: Plan, { people, environment }: Cli): string[] {
  const columns = people.columns()
  const { style } = people
  const contacts = plan.contacted.map((sentence) => sentence.replace(/\.$/, '')).join('; ')
  const lines: [string, string][] = [
    ...(plan.refused.length > 0 ? [['Refused', plan.refused.join(' ')] satisfies [string, string]] : []),
    ['Contacts', contacts === '' ? 'nobody' : contacts],
    ['No key', missingKeys(plan, environment.program)],
    ['To stop', `Ctrl-C; everything is kept, and “${environment.program} resume last” goes on`],
  ]
  return lines.flatMap(([name, text]) =>
    indented(printable(text), ' '.repeat(10), columns).map((line, index) =>
      index === 0 ? style.bold(name.padEnd(10)) + line.slice(10) : line,
    ),
  )
}

function missingKeys({ missingKeys }: Plan, program: string): string {
  const [first] = missingKeys
  if (!first) return 'no module lacks one'
  const modules = missingKeys.map(({ module, name }) => `${module} (${name})`)
  return `${modules.join(', ')}: left out; add one with “${program} keys set ${first.name}”`
}

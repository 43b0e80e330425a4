import type { Cli } from '@mirage/cli/cli.ts'
import { createProgram } from '@mirage/cli/program.ts'

/** Command lines of `mirage` that documents and help show, held against the commands that there are. */

type Command = ReturnType<typeof createProgram>

/** The streams and the name are all that building the commands looks at. */
export const program: Command = createProgram(
  { stdout: {}, stderr: {}, environment: { program: 'mirage' } } as unknown as Cli,
  '0.0.0',
)

/** Every command with those below it. */
export function everyCommand(command: Command = program): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** The words behind each `mirage` of a line of shell: of `mirage runs | head` those before the pipe. */
export function callsIn(line: string): string[][] {
  const words = line.replace(/(^|\s)#.*$/, '').match(/'[^']*'|"[^"]*"|&&|[|;<>&]+|[^\s|;<>&]+/g) ?? []
  const calls: string[][] = []
  let call: string[] | undefined
  for (const [index, word] of words.entries()) {
    if (/^[|;<>&]+$/.test(word)) call = undefined
    else if (call) call.push(word)
    else if (word === 'mirage' && isCommandAt(words, index)) calls.push((call = []))
  }
  return calls
}

/** Nothing stands before it but what starts a command: a prompt, variables, `npx`, `sudo`, `ip netns exec NAME`. */
function isCommandAt(words: string[], index: number): boolean {
  let first = index
  while (first > 0 && !/^[|;<>&]+$/.test(words[first - 1]!)) first--
  return /^(\$ )?(\w+=\S+ )*(sudo )?(ip netns exec \S+ )?(npx )?$/.test(
    words
      .slice(first, index)
      .map((word) => `${word} `)
      .join(''),
  )
}

/** What is wrong with a call; undefined where the command, its options and the number of its arguments are right. */
export function faultOf(call: string[]): string | undefined {
  let command = program
  const words = [...call]
  for (let next = below(command, words[0]); next; next = below(command, words[0])) {
    command = next
    words.shift()
  }
  if (command === program && words.length > 0 && !words[0]!.startsWith('-')) return `no command “${words[0]}”`
  let count = 0
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!/^-./.test(word)) count++
    else if (!['-h', '--help'].includes(word)) {
      const name = word.split('=')[0]!
      const option = command.options.find(({ long, short }) => name === long || name === short)
      if (!option) return `“${command.name()}” has no ${name}`
      if (option.required && !word.includes('=') && name !== '--values') words.shift()
    } else return undefined
  }
  const wanted = command.registeredArguments
  const least = wanted.filter(({ required }) => required).length
  const most = wanted.some(({ variadic }) => variadic) ? Infinity : wanted.length
  if (count < least || count > most) return `“${command.name()}” takes ${least} to ${most} arguments, not ${count}`
  return undefined
}

function below(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((one) => one.name() === name)
}

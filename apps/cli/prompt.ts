import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Cli } from './cli.ts'
import { Failure } from './exit.ts'

/** True when the person answers yes; everything else is no. */
export async function askYes(cli: Cli, question: string): Promise<boolean> {
  const lines = createInterface({ input: cli.stdin, output: cli.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: cli.signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

/**
 * A secret: the first line of standard input, or what the person types without seeing it. It is never an argument, where
 * the list of processes and the shell's history would show it.
 */
export async function readSecret(cli: Cli, question: string): Promise<string> {
  const isTyped = cli.stdin.isTTY === true
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  if (isTyped) cli.stderr.write(`${question} (it is not shown): `)
  const lines = createInterface({ input: cli.stdin, output: nowhere, terminal: isTyped })
  try {
    const secret = isTyped ? await lines.question('', { signal: cli.signal }) : await firstLine(lines)
    if (secret.trim() === '') throw new Failure('Nothing was given; nothing was stored.')
    return secret.trim()
  } finally {
    lines.close()
    if (isTyped) cli.stderr.write('\n')
  }
}

async function firstLine(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) if (line.trim() !== '') return line
  return ''
}

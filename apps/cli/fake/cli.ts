import { PassThrough, Readable } from 'node:stream'
import type { InputStream, OutputStream } from '../cli.ts'
import { runCli } from '../command-line.ts'
import type { Environment } from '../environment.ts'
import type { FakeGateway } from './gateway.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  gateway?: FakeGateway
  environment?: Partial<Environment>
  stdin?: string | InputStream
  signal?: AbortSignal
  /** Instead of pipes: a terminal, say. */
  stdout?: OutputStream
  stderr?: OutputStream
}

/** One command line, run in this process as `main.ts` runs it, with pipes around it. */
export async function runCommand(argv: string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = collector()
  const stderr = collector()
  const { gateway, stdin = '' } = options
  const code = await runCli(argv, {
    version: '0.0.0',
    environment: {
      dataDirectory: '/nonexistent/mirage',
      configFile: '/nonexistent/config.yaml',
      ansi: true,
      color: false,
      program: 'mirage',
      debug: false,
      ...(gateway ? { url: gateway.url, apiKey: gateway.apiKey } : {}),
      ...options.environment,
    },
    stdin: typeof stdin === 'string' ? Readable.from([stdin]) : stdin,
    stdout: options.stdout ?? stdout.stream,
    stderr: options.stderr ?? stderr.stream,
    signal: options.signal ?? new AbortController().signal,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** The lines of a text, without the empty one behind the last. */
export function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

export function jsonLinesOf(text: string): Record<string, unknown>[] {
  return linesOf(text).map((line) => JSON.parse(line) as Record<string, unknown>)
}

function collector(): { stream: OutputStream; text(): string } {
  const stream = new PassThrough()
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { stream, text: () => text }
}

import { PassThrough, Readable } from 'node:stream'
import type { Environment } from '../environment.ts'
import type { OutputStream } from '../cli.ts'
import { runCli } from '../run.ts'
import type { FakeGateway } from './gateway.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  gateway?: FakeGateway
  environment?: Partial<Environment>
  stdin?: string
  signal?: AbortSignal
  /** Standard output and error are a terminal this wide. */
  columns?: number
}

/** One command line, run in this process as `main.ts` runs it. */
export async function runCommand(argv: string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = collector(options.columns)
  const stderr = collector(options.columns)
  const { gateway } = options
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
    stdin: Readable.from([options.stdin ?? '']),
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal: options.signal ?? new AbortController().signal,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function collector(columns?: number): { stream: OutputStream; text(): string } {
  const stream: PassThrough & OutputStream = new PassThrough()
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns, rows: 24 })
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { stream, text: () => text }
}

import type { Cli } from '../cli.ts'
import type { TableOptions } from './table.ts'

/** Tables are cut to a terminal; where nobody looks they are as wide as they get. */
export function columnsOf({ stdout }: Cli, flexible: number): TableOptions {
  return stdout.isTTY ? { columns: stdout.columns ?? 80, flexible } : { flexible }
}

/** An instant in the person's own time zone: `2026-11-21 09:26:48`. */
export function localTime(instant: string): string {
  return new Date(instant).toLocaleString('sv-SE')
}

import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the lab keeps its files: `lab` in the data directory of Mirage. */
export function labDirectory(): string {
  const data =
    process.env['MIRAGE_DATA'] || join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'mirage')
  return join(data, 'lab')
}

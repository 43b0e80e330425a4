import { type Command, Argument } from 'commander'
import { parseDuration, systemClock, toInstant } from '@mirage/kit/clock.ts'
import type { FindingState } from '@mirage/model/finding.ts'
import { isContentId } from '@mirage/model/id.ts'
import { type Api, everyItem } from '../api.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { jsonLine } from '../output/printable.ts'
import { findingLines, widthOf } from './findings.ts'

const states: Record<string, FindingState> = {
  confirm: 'confirmed',
  dismiss: 'dismissed',
  accept: 'accepted',
  reopen: 'new',
}

interface FindingOptions {
  until?: string
  comment?: string
  json?: boolean
}

const help = `
Examples:
  $ mirage finding 4k2jq                                    show it
  $ mirage finding 4k2jq confirm
  $ mirage finding 4k2jq accept --until 2027-01-31 --comment 'renewed in January'`

export function addFinding(program: Command, cli: Cli): void {
  program
    .command('finding')
    .summary('confirm, dismiss or accept a finding')
    .description('Shows a finding, or keeps what you say of it. That outlives runs: a finding dismissed once stays so.')
    .argument('<id>', 'its id, or an unambiguous beginning of it')
    .addArgument(new Argument('[verb]', 'what you say of it').choices(Object.keys(states)))
    .option('--until <date>', 'accepted until this day (2027-01-31), or for this long (90d)')
    .option('--comment <text>', 'why')
    .option('--json', 'the finding as one JSON object')
    .addHelpText('after', help)
    .action(async (id: string, verb: string | undefined, { until, comment, json }: FindingOptions) => {
      if (comment !== undefined && verb === undefined)
        throw new UsageError('--comment goes with what you say of it: confirm, dismiss, accept or reopen.')
      if (until !== undefined && verb !== 'accept') throw new UsageError('--until goes with “accept”.')
      const acceptedUntil = until === undefined ? undefined : readDay(until)
      const { api } = await cli.connect()
      const finding = await findFinding(api, id)
      const changed =
        verb === undefined
          ? await api.correlation.getFinding({ finding })
          : await api.correlation.changeFinding({
              finding,
              state: states[verb]!, // the argument's choices are its keys
              ...(acceptedUntil === undefined ? {} : { acceptedUntil }),
              ...(comment === undefined ? {} : { comment }),
            })
      if (json) return cli.results.write(jsonLine(changed))
      for (const line of findingLines(changed, widthOf(cli), cli.style)) await cli.results.write(`${line}\n`)
    })
}

async function findFinding(api: Api, text: string): Promise<string> {
  if (isContentId(text)) return text
  const found: string[] = []
  for await (const { id } of everyItem((page) => api.correlation.listFindings(page)))
    if (id.startsWith(text)) found.push(id)
  if (found.length === 1) return found[0]!
  throw new UsageError(
    found.length === 0
      ? `There is no finding “${text}”. “mirage findings last” lists them with their ids.`
      : `“${text}” is the beginning of ${found.length} findings; write more of it.`,
  )
}

/** The end of a day, or a time from now, as an instant. Throws a `UsageError` for anything else, or what is past. */
function readDay(text: string): string {
  const ms = parseDuration(text)
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : Date.parse(text)
  const at = ms === undefined ? day : systemClock.now() + ms
  if (Number.isNaN(at)) throw new UsageError(`--until: “${text}” is neither a day (2027-01-31) nor a time (90d).`)
  if (at <= systemClock.now()) throw new UsageError(`--until: ${text} is past.`)
  return toInstant(at)
}

import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { findRun } from '../find-run.ts'
import { each } from '../options.ts'
import { printable } from '../output/printable.ts'
import { counted } from '../output/text.ts'

interface MarkOptions {
  tag?: string[]
  untag?: string[]
  falsePositive?: boolean
  note?: string
}

const help = `
Examples:
  $ mirage mark last 'type:domain "staging"' --tag staging
  $ mirage mark last domain:parked.example.com --false-positive
  $ mirage mark last tag:staging --note 'belongs to the web team'`

export function addMark(program: Command, cli: Cli): void {
  program
    .command('mark')
    .summary('tag entities, note something, mark false positives')
    .description('Marks every entity of a run that the query selects. Marks outlive runs: the next one knows them.')
    .argument('<run>', 'id, beginning of one, name, or “last”')
    .argument('<query...>', 'which entities, as for “mirage entities”')
    .option('--tag <tag>', 'add a tag', each)
    .option('--untag <tag>', 'remove a tag', each)
    .option('--false-positive', 'these are not what they seem')
    .option('--no-false-positive', 'they are, after all')
    .option('--note <text>', 'add a note')
    .addHelpText('after', help)
    .action(async (text: string, words: string[], { tag, untag, falsePositive, note }: MarkOptions) => {
      if (!tag && !untag && falsePositive === undefined && note === undefined)
        throw new UsageError('How shall they be marked? Give --tag, --false-positive or --note.')
      const { api } = await cli.connect()
      const { run } = await findRun(api, text)
      const { marked } = await api.storage.markEntities({
        run,
        query: words.join(' '),
        ...(tag ? { addTags: tag } : {}),
        ...(untag ? { removeTags: untag } : {}),
        ...(falsePositive === undefined ? {} : { falsePositive }),
        ...(note === undefined ? {} : { note }),
      })
      cli.people.say(
        marked === 0
          ? `Nothing in ${run} matches ${printable(words.join(' '))}: nothing was marked.`
          : `${counted(marked, 'entity', 'entities')} marked.`,
      )
    })
}

import { basename } from 'node:path'
import { Argument, type Command } from 'commander'
import { severities } from '@mirage/model/finding.ts'
import { entityTypes } from '@mirage/model/entity.ts'
import { contacts } from '@mirage/model/contact.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'

/** Each asks the command itself what fits: `mirage complete -- <words before the cursor>` answers `word<TAB>summary` lines. */
const scripts = {
  bash: `# bash completion for mirage
_mirage() {
  local IFS=$'\\n' current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(mirage complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _mirage mirage
`,
  zsh: `#compdef mirage
_mirage() {
  local -a choices
  choices=("\${(@f)$(mirage complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null | sed -e 's/:/\\\\:/g' -e $'s/\\t/:/')}")
  _describe mirage choices
  _files
}
compdef _mirage mirage
`,
  fish: `# fish completion for mirage
complete -c mirage -a '(set -l words (commandline -opc) (commandline -ct); mirage complete -- $words[2..-1] 2>/dev/null)'
`,
}

const shells = Object.keys(scripts) as (keyof typeof scripts)[] // the keys of a literal are exactly its own

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .summary('print a script that completes commands and options in your shell')
    .description('Prints a script that completes commands and options in your shell. “mirage” must be on the PATH.')
    .addArgument(new Argument('[shell]', 'without it the shell you use').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  $ mirage completion bash > ~/.local/share/bash-completion/completions/mirage
  $ mirage completion fish > ~/.config/fish/completions/mirage.fish`,
    )
    .action(async (given: keyof typeof scripts | undefined) => {
      const shell = given ?? shells.find((shell) => shell === basename(cli.environment.shell ?? ''))
      if (!shell) throw new UsageError(`For which shell? mirage completion ${shells.join(' | ')}`)
      await cli.results.write(scripts[shell])
    })

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      for (const { word, summary } of completions(program, words)) await cli.results.write(`${word}\t${summary}\n`)
    })
}

export interface Completion {
  word: string
  summary: string
}

/** What fits for the last of the words: values of the option before it, options, or sub-commands. */
function completions(program: Command, words: string[]): Completion[] {
  const current = words.at(-1) ?? ''
  let command = program
  for (const word of words.slice(0, -1)) command = command.commands.find((child) => child.name() === word) ?? command
  const before = command.options.find((option) => option.required && option.long === words.at(-2))
  const choices = before ? valuesOf(before.attributeName()) : wordsOf(command, current)
  return choices.filter(({ word }) => word.startsWith(current))
}

function wordsOf(command: Command, current: string): Completion[] {
  const help = command.createHelp()
  if (current.startsWith('-'))
    return help
      .visibleOptions(command)
      .flatMap(({ long, description }) => (long ? [{ word: long, summary: description }] : []))
  const commands = help
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), summary: child.summary() || child.description() }))
  const takesRun = command.registeredArguments[0]?.name() === 'run'
  return takesRun ? [{ word: 'last', summary: 'the latest run' }, ...commands] : commands
}

/** The values of options that have a closed list. */
function valuesOf(option: string): Completion[] {
  const values: Record<string, readonly string[]> = {
    contact: contacts,
    severity: severities,
    failOn: severities,
    want: entityTypes,
    values: entityTypes,
    consumes: entityTypes,
    produces: entityTypes,
    allow: ['invasive', 'slow', 'unofficial'],
    format: ['ndjson', 'json', 'csv', 'graphml', 'cytoscape'],
    labSize: ['demo', '10k', '100k', '1m'],
    size: ['demo', '10k', '100k', '1m'],
  }
  return (values[option] ?? []).map((word) => ({ word, summary: '' }))
}

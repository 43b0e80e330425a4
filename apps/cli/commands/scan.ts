import type { Command } from 'commander'
import type { Plan } from '@mirage/services/scan-orchestration/contract.ts'
import type { Cli } from '../cli.ts'
import { UsageError } from '../exit.ts'
import { ensureWorld, runningWorld } from '../host/lab.ts'
import { addOutputOptions, each, list, type OutputOptions, readOutputOptions } from '../options.ts'
import { type DefinitionOptions, readDefinition } from '../scan/definition.ts'
import { followRun } from '../scan/follow.ts'
import { beforeFirstPacket } from '../scan/preflight.ts'
import { readTargets } from '../scan/targets.ts'

export interface ScanOptions extends DefinitionOptions, OutputOptions {
  list?: string[]
}

const examples = `
Targets are domains, addresses, blocks, AS numbers, URLs, e-mail addresses, usernames and more, also defanged
(example[.]com). Where a word has several readings, say which: username:jdoe.

Examples:
  $ mirage scan example.com                          everything the default profile does
  $ mirage scan 192.0.2.0/24 AS64500 --name ACME     several targets in one run, with a name
  $ mirage scan --passive example.com                nothing is sent to the target, nor a DNS query about it
  $ cat names.txt | mirage scan - --json > run.ndjson
  $ mirage scan example.com --values=email | sort
  $ mirage scan example.com --profile subdomains --max-time 30m --fail-on high
  $ mirage scan northwind.example --lab              the demo company: nothing leaves this machine

Scan only what is yours or what you are authorised to scan. Ctrl-C stops within two seconds and keeps everything.
It ends with 0 when the run is done, 1 when something failed, 2 when the command line is wrong (nothing was sent), 3 when
there is what --fail-on asks for, and 130 after Ctrl-C.`

export function addScan(program: Command, cli: Cli): void {
  const command = program
    .command('scan')
    .summary('scan targets and show what is found')
    .description('Scans targets: entities, their relationships and findings, each with its evidence.')
  addScanOptions(command)
  addOutputOptions(command)
    .addHelpText('after', examples)
    .action(async (targets: string[], options: ScanOptions) => {
      await scan(cli, targets, options)
    })
}

/** The targets, and everything that says what a run is. */
export function addScanOptions(command: Command): Command {
  return command
    .argument('[targets...]', 'what to start from; “-” reads a list from standard input')
    .optionsGroup('What is looked for:')
    .option('-l, --list <file>', 'a list of targets, one a line, “#” begins a comment', each)
    .option('--profile <name>', 'a profile, or a file.yaml that holds one (mirage profiles)')
    .option('--modules <ids>', 'only these modules', list)
    .option('--exclude-modules <ids>', 'not these modules', list)
    .option('--want <types>', 'only modules that lead to these types of entity', list)
    .option('--allow <flags>', 'also modules that are invasive, slow or unofficial', list)
    .option('--name <name>', 'a name for the run')
    .option('--note <text>', 'a note for the run')
    .optionsGroup('Who may be contacted:')
    .option('--passive', 'nothing is sent to the target, its name servers, or a resolver about it')
    .option('--contact <class>', 'the strongest contact: none, stored, relayed or target')
    .option('--include <rule>', 'also in scope: a domain, address, block or AS number', each)
    .option('--exclude <rule>', 'never in scope', each)
    .option('--exclude-file <file>', 'rules to exclude, one a line', each)
    .option('--distance <n>', 'how many changes of owner away from a target is in scope')
    .option('--proxy <url>', 'send everything through a proxy, http or socks5h; without it nothing is sent')
    .option('--resolvers <list>', 'DNS resolvers: a file, or addresses with commas')
    .option("--header <'name: value'>", 'a header for requests to the target only', each)
    .option('--user-agent <text>', 'the user agent for requests to the target')
    .option('--lab', 'meet the lab instead of the internet')
    .option('--lab-size <size>', 'the size of the lab’s world: demo, 10k, 100k or 1m')
    .option('--lab-seed <n>', 'the number the lab’s world is made from')
    .optionsGroup('How much:')
    .option('--max-requests <n>', 'end after so many requests')
    .option('--max-queries <n>', 'end after so many DNS queries')
    .option('--max-time <time>', 'end after this time: 90s, 30m, 2h')
    .option('--max-entities <n>', 'end after so many entities')
    .option('--depth <n>', 'how many steps away from a target is looked at')
    .option('--rate <n>', 'requests a second, all modules together')
    .option('--module-rate <id=rate>', 'the rate of one module, or its quota: crtsh=10/m, hackertarget=50/d', each)
}

/** Scans and follows the run to its end. */
export async function scan(cli: Cli, targets: string[], options: ScanOptions): Promise<void> {
  const definition = await readScan(cli, targets, options)
  const output = await readOutputOptions(options, cli.people)
  const { api } = await cli.connect()
  const plan: Plan = await api.scans.planRun({ definition })
  cli.people.say(...beforeFirstPacket(plan, cli))
  await ensureWorld(definition, cli)
  const run = await api.scans.createRun({ definition })
  cli.exitWith(await followRun(cli, run, output))
}

/** The definition that a command line describes; nothing was sent so far. */
export async function readScan(cli: Cli, targets: string[], options: ScanOptions): ReturnType<typeof readDefinition> {
  if (targets.length === 0 && !options.list)
    throw new UsageError(
      'What shall be scanned? Give a target (mirage scan example.com), -l FILE, or “-” for standard input.',
    )
  const seeds = await readTargets({ targets, files: options.list ?? [], stdin: cli.stdin })
  if (seeds.length === 0) throw new UsageError('The list holds no target. Nothing was sent.')
  const { url, dataDirectory } = cli.environment
  return readDefinition(seeds, options, async () => (url === undefined ? runningWorld(dataDirectory) : undefined))
}

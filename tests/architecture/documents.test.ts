import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsSchemas } from '@mirage/server/settings.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { describe, expect, it } from 'vitest'
import { callsIn, everyCommand, faultOf, program } from './command-lines.ts'
import { anchorsOf, codeIn, type Document, documents, isThere, linksIn, pathsIn, root, tree } from './documents.ts'

/** What documents say of files, commands, settings and numbers is so: they rot where nothing compares them. */

/** Names that stand for something outside of this tree: modules of the guides, and what lies in a data directory. */
const elsewhere = /^(modules\/harbour|robots)\/|^(blobs|clients|lab|locks|logs|sockets)\/$/

const sources = [...tree]
  .filter((path) => /\.(ts|js|json|yaml)$/.test(path) || path === '.ci/run')
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')

function document(path: string): Document {
  return documents.find((one) => one.path === path)!
}

function countOf(pattern: RegExp): number {
  return [...tree].filter((path) => pattern.test(path)).length
}

describe('a document', () => {
  it.each(documents)('$path links to what is there', (one) => {
    const leads = ({ target, anchor }: ReturnType<typeof linksIn>[number]): boolean =>
      anchor === undefined
        ? tree.has(target) || tree.has(`${target}/`)
        : tree.has(target) && anchorsOf(document(target)).includes(anchor)
    expect(linksIn(one).filter((link) => !leads(link))).toEqual([])
  })

  it.each(documents)('$path names files and folders that are there', (one) => {
    expect(pathsIn(one).filter((path) => !elsewhere.test(path) && !isThere(path, one.path))).toEqual([])
  })

  it.each(documents)('$path shows commands that there are', (one) => {
    const shown = one.shell.flatMap(callsIn)
    const named = codeIn(one).flatMap((code) => callsIn(code.replaceAll(/<[^>]*>/g, 'X')))
    const faults = [
      ...shown.map((call) => [call.join(' '), faultOf(call)]),
      // In running text a command may be named without its arguments.
      ...named.map((call) => [call.join(' '), faultOf(call)?.replace(/.* takes \d+ to .*/, '')]),
    ]
    expect(faults.filter(([, fault]) => fault)).toEqual([])
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    for (const [, name] of one.text.matchAll(/\bnpm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name)
  })

  it.each(documents)('$path names what the sources name', (one) => {
    const names = codeIn(one).flatMap((code) => /^\$?(\w+)(?:\(\))?$/.exec(code)?.slice(1) ?? [])
    // Words of several parts: what else stands between backticks may be a value.
    const coined = names.filter((name) => /[a-z][A-Z]|_/.test(name))
    expect(coined.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([])
  })

  it.each(documents)('$path names settings that there are', (one) => {
    const settings = Object.entries(settingsSchemas()).flatMap(([section, { properties }]) =>
      Object.keys(properties).map((name) => `${section}.${name}`),
    )
    const setting = new RegExp(`^(${Object.keys(settingsSchemas()).join('|')})\\.(?!ts\\b|db\\b)\\w+`)
    const named = codeIn(one).flatMap((code) => setting.exec(code)?.slice(0, 1) ?? [])
    expect(named.filter((name) => !settings.includes(name))).toEqual([])
  })
})

it('comments name files that are there', () => {
  const wrong: string[] = []
  for (const path of tree) {
    if (!/^(apps|services|modules|packages|adapters|tests|bench|scripts)\/.*\.(ts|js)$/.test(path)) continue
    const text = readFileSync(join(root, path), 'utf8')
    const comments = [...text.matchAll(/\/\*\*[\s\S]*?\*\/|\/\/ .*$/gm)].join('\n')
    for (const [, name] of comments.matchAll(/`([\w@./-]+\.(?:ts|js|md|yaml))`/g))
      if (!isThere(name!, path)) wrong.push(`${path}: ${name}`)
  }
  expect(wrong).toEqual([])
})

describe('the README', () => {
  const { text } = document('README.md')

  it('lists every service', () => {
    const services = [...tree].flatMap((path) => /^services\/([^/]+)\/contract\.ts$/.exec(path)?.slice(1) ?? [])
    const listed = [...text.matchAll(/\]\(services\/([^/]+)\/README\.md\)/g)].map(([, name]) => name!)
    expect(listed.toSorted()).toEqual(services.toSorted())
  })

  it('of the lab says what each module says of its world', () => {
    const { text } = document('apps/lab/README.md')
    expect(
      manifest.map(({ id }) => id).filter((id) => !text.includes(`| \`${id}\``) && !text.includes(`, \`${id}\``)),
    ).toEqual([])
  })

  it('counts modules, rules and profiles', () => {
    expect(text).toContain(`- ${manifest.length} modules`)
    expect(document('CHANGELOG.md').text).toContain(`**Modules**: ${manifest.length}.`)
    expect(text).toContain(`- ${countOf(/^services\/correlation-engine\/rules\/[^/]+\.yaml$/)} correlation rules`)
    const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
    const profiles = countOf(/^services\/scan-orchestration\/profiles\/[^/]+\.yaml$/)
    expect(text).toContain(`[${numbers[profiles]} profiles]`)
  })
})

it('the guide names everything that a module is given', () => {
  const { text } = document('docs/guides/add-a-module.md')
  const context = readFileSync(join(root, 'packages/module-sdk/context.ts'), 'utf8')
  const given = ['Http', 'Dns', 'Tcp', 'Tls', 'Whois'].flatMap((face) => {
    const [, body = ''] = new RegExp(`^export interface ${face} \\{$([\\s\\S]*?)^\\}`, 'm').exec(context) ?? []
    return [...body.matchAll(/^ {2}(\w+)[<(]/gm)].map(([, name]) => name!)
  })
  expect(given.length).toBeGreaterThan(15)
  expect(given.filter((name) => !new RegExp(`\`(\\w+\\.)?${name}\``).test(text))).toEqual([])
})

describe('a decision', () => {
  const list = document('docs/adr/README.md')
  const decisions = documents.filter((one) => one.path.startsWith('docs/adr/') && one !== list)

  it('has a number of its own', () => {
    const numbers = decisions.map(({ path }) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1])
    expect(new Set(numbers).size).toBe(decisions.length)
    expect(numbers).not.toContain(undefined)
  })

  it('stands in the list under its title', () => {
    const wanted = decisions.map(({ path, text }) => ({
      link: path.slice('docs/adr/'.length),
      title: /^# (.+)/.exec(text)?.[1],
    }))
    const listed = [...list.prose.matchAll(/\[(.+?)\]\((.+?)\)/g)].map(([, title, link]) => ({ link, title }))
    expect(listed).toEqual(wanted.toSorted((a, b) => a.link.localeCompare(b.link)))
  })

  it('that a document calls by its number is the one it links to', () => {
    for (const one of documents)
      for (const [link, number, file] of one.text.matchAll(/\[ADR (\d+)\]\((?:[^)]*\/)?(\d{4})-[^)]*\)/g))
        expect([link, Number(file)]).toEqual([link, Number(number)])
  })
})

describe('the help of every command', () => {
  const helps = everyCommand().map((command) => {
    let text = ''
    command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 200 })
    command.outputHelp()
    const examples = text.split('\n').flatMap((line) => /^ +\$ (.+)/.exec(line)?.slice(1) ?? [])
    return { command, name: command.name(), text, examples }
  })

  it('shows examples that fit the commands', () => {
    const faults = helps.flatMap(({ examples }) =>
      // Behind the command stands what it is for.
      examples.flatMap((line) => callsIn(line.replace(/ {3,}.*/, '')).map((call) => [line, faultOf(call)])),
    )
    expect(faults.length).toBeGreaterThan(50)
    expect(faults.filter(([, fault]) => fault)).toEqual([])
  })

  it('has an example, of each that stands in the first list', () => {
    const without = helps.filter(({ command, examples }) => command.parent === program && examples.length === 0)
    expect(without.map(({ name }) => name)).toEqual(['complete']) // what shells call, not people
  })

  it('says what each argument and option is', () => {
    const silent = helps.flatMap(({ command, name }) =>
      [
        ...command.registeredArguments.map((one) => [one.name(), one.description]),
        ...command.options.map((one) => [one.flags, one.description]),
      ]
        .filter(([, description]) => !description)
        .map(([what]) => `${name} ${what}`),
    )
    expect(silent).toEqual(['complete words'])
  })
})

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The import table of ARCHITECTURE.md, enforced: who may import whom, and who may reach the network or the environment. */

const root = join(import.meta.dirname, '../..')
const files = globSync('{apps,services,modules,packages,adapters}/**/*.ts', {
  cwd: root,
  exclude: (name) => name === 'node_modules',
}).filter(
  (file) =>
    !file.endsWith('.test.ts') && !file.endsWith('.conformance.ts') && !/\/(testing|fake|fixtures)\//.test(file),
)
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))

interface Import {
  file: string
  /** As written. */
  specifier: string
  isTypeOnly: boolean
}

/** The unit that a file belongs to: what a relative import never leaves. */
function unitOf(file: string): string {
  const [top, second, third] = file.split('/')
  if (top === 'modules' || top === 'services' || top === 'adapters')
    return third === undefined ? top : `${top}/${second}`
  return `${top}/${second}`
}

function importsOf(file: string): Import[] {
  const text = texts.get(file)!.replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const found: Import[] = []
  for (const [statement, specifier] of text.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'/gm))
    found.push({ file, specifier: specifier!, isTypeOnly: /^\s*(import|export) type\b/.test(statement) })
  for (const [, specifier] of text.matchAll(/^\s*import\s+'([^']+)'/gm))
    found.push({ file, specifier: specifier!, isTypeOnly: false })
  for (const [, specifier] of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g))
    found.push({ file, specifier: specifier!, isTypeOnly: false })
  return found
}

const imports = files.flatMap(importsOf)

const contract = /^@mirage\/services\/[a-z-]+\/contract\.ts$/
const base = [/^@mirage\/kit\//, /^@mirage\/model\//]
const collecting = [/^@mirage\/network\//, /^@mirage\/module-sdk/, /^@mirage\/modules\/manifest\.generated\.ts$/]

/** The packages of ours that a file may import. */
function allowed(file: string): RegExp[] {
  const unit = unitOf(file)
  if (unit === 'packages/model' || unit === 'packages/kit') return []
  if (unit.startsWith('packages/')) return base
  if (unit.startsWith('modules')) return [/^@mirage\/module-sdk/, /^@mirage\/model\//]
  if (unit === 'services/data-collection' || unit === 'services/module-registry')
    return [...base, /^@mirage\/ports\//, contract, ...collecting]
  if (unit.startsWith('services/')) return [...base, /^@mirage\/ports\//, contract]
  if (unit.startsWith('adapters/')) return [...base, /^@mirage\/ports\//, /^@mirage\/adapters\/sqlite\//]
  if (unit === 'apps/server') return [/^@mirage\//]
  if (unit === 'apps/lab') return [/^@mirage\/model\//]
  if (unit === 'apps/cli')
    return [...base, contract, ...(opensOthers.test(file) ? [/^@mirage\/(server|lab|module-sdk)/] : [])]
  return []
}

/** The files of the CLI that import other apps, lazily. */
const opensOthers = /^apps\/cli\/(host\/(platform|lab)|commands\/(lab|module))\.ts$/

const named = ({ file, specifier }: Import): string => `${file} imports ${specifier}`

describe('the import table', () => {
  it('sees the sources', () => expect(files.length).toBeGreaterThan(100))

  it('is kept by every import of ours', () => {
    const wrong = imports.filter(
      ({ file, specifier }) => specifier.startsWith('@mirage/') && !allowed(file).some((one) => one.test(specifier)),
    )
    expect(wrong.map(named)).toEqual([])
  })

  it('has no relative import that leaves its unit', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false
      const target = relative(root, join(root, dirname(file), specifier))
      if (unitOf(target) === unitOf(file)) return false
      return !(unitOf(file) === 'modules' && /^modules\/[a-z0-9-]+\/module\.ts$/.test(target))
    })
    expect(wrong.map(named)).toEqual([])
  })

  it('names the file in every import of ours', () => {
    const wrong = imports.filter(
      ({ specifier }) => /^@mirage\/(?!module-sdk$)/.test(specifier) && !specifier.endsWith('.ts'),
    )
    expect(wrong.map(named)).toEqual([])
  })
})

describe('the way out', () => {
  const ways = /^(node:)?(net|dgram|dns|dns\/promises|tls|http|https|http2)$|^undici$|^socks$/
  const mayUse = /^(packages\/(network|kit)|adapters|apps\/lab)\//

  it('is used only by the network, kit, adapters and the lab', () => {
    const wrong = imports.filter(
      ({ file, specifier, isTypeOnly }) => ways.test(specifier) && !isTypeOnly && !mayUse.test(file),
    )
    expect(wrong.map(named)).toEqual([])
  })

  it('is nowhere else fetch', () => {
    const wrong = files.filter((file) => !mayUse.test(file) && /(?<![.\w#])fetch\(/.test(texts.get(file)!))
    expect(wrong).toEqual([])
  })
})

describe('the environment', () => {
  it('is read in one file an app', () => {
    const wrong = files.filter(
      (file) =>
        !/^apps\/[a-z]+\/environment\.ts$/.test(file) &&
        /process\.env\b/.test(texts.get(file)!.replaceAll('`process.env`', '')),
    )
    expect(wrong).toEqual([])
  })

  it('gives time and chance only through kit', () => {
    const wrong = files.filter(
      (file) =>
        !/^packages\/kit\/(clock|id)\.ts$/.test(file) &&
        !file.startsWith('apps/lab/') &&
        /\bDate\.now\(\)|\bMath\.random\(\)/.test(texts.get(file)!),
    )
    expect(wrong).toEqual([])
  })
})

describe('names', () => {
  it('are kebab-case, without index, utils, helpers, common or types', () => {
    const wrong = files.filter((file) =>
      file
        .split('/')
        .slice(1)
        .some(
          (name) =>
            !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/.test(name) || /^(utils?|helpers?|common|types)(\.ts)?$/.test(name),
        ),
    )
    expect(wrong).toEqual([])
    expect(files.filter((file) => file.endsWith('/index.ts'))).toEqual(['packages/module-sdk/index.ts'])
  })
})

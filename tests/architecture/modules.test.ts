import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EntityType, entityTypes } from '@mirage/model/entity.ts'
import { normalise } from '@mirage/model/registry.ts'
import { relationshipKinds } from '@mirage/model/relationship.ts'
import type { AnyModule } from '@mirage/module-sdk/define.ts'
import { manifestOf } from '@mirage/module-sdk/manifest.ts'
import { manifest } from '@mirage/modules/manifest.generated.ts'
import { describe, expect, test } from 'vitest'
import { generateModuleManifest, moduleFolders } from '../../scripts/generate-module-manifest.ts'

const root = join(import.meta.dirname, '../..')
const folders = moduleFolders(root)
const modules: AnyModule[] = await Promise.all(manifest.map(({ load }) => load()))

/** Entity types that no source names, each with the reason. Every other type of the release has a module that finds it. */
const onlyGiven: Partial<Record<EntityType, string>> = {
  keyword: 'a word to look for, which a person gives',
  text: 'a note that a person gives; what sources say in words is an attribute',
}

describe('the list of modules', () => {
  test('is what the folders are', async () => {
    expect(manifest.map(({ id }) => id)).toEqual(folders)
    const [generated] = await generateModuleManifest(root)
    expect(readFileSync(join(root, generated!.path), 'utf8'), 'run “npm run generate”').toBe(generated!.text)
  })

  test('says of each module what the module says of itself', () => {
    for (const [i, entry] of manifest.entries()) {
      const { load: _load, ...listed } = entry
      expect(listed).toEqual(JSON.parse(JSON.stringify(manifestOf(modules[i]!))))
    }
  })

  test('has the width of this release', () => {
    expect(manifest.length).toBeGreaterThanOrEqual(20)
    expect(new Set(manifest.map(({ contact }) => contact))).toEqual(new Set(['none', 'stored', 'relayed', 'target']))
  })
})

describe.for(folders)('%s', (id) => {
  const folder = join(root, 'modules', id)
  const module = modules.find((one) => one.id === id)!

  test('has a test through the harness, and says where the shapes of its fixtures come from', () => {
    expect(readFileSync(join(folder, 'module.test.ts'), 'utf8')).toContain('testModule(module, import.meta.dirname')
    if (module.contact !== 'stored') return
    const said = readFileSync(join(folder, 'fixtures', 'README.md'), 'utf8')
    const files = globSync('*', { cwd: join(folder, 'fixtures') }).filter((file) => file !== 'README.md')
    expect(files.filter((file) => !said.includes(`\`${file}\``))).toEqual([])
  })

  test('takes and yields types that exist, and can be tried', () => {
    for (const type of [...module.consumes.map(({ type }) => type), ...module.produces]) {
      expect(entityTypes).toContain(type)
    }
    expect(new Set(module.produces).size).toBe(module.produces.length)
    const [first] = module.consumes
    expect(normalise(first!.type, module.sample), 'the sample is of the first type it consumes').toBe(module.sample)
  })

  test('says what it may touch', () => {
    expect(Boolean(module.run) !== Boolean(module.runBatch), 'one of run and runBatch').toBe(true)
    expect(module.runBatch === undefined || (module.batch ?? 0) > 1).toBe(true)
    expect(module.useCases.length).toBeGreaterThan(0)
    expect(module.homepage).toMatch(/^https:\/\//)
    expect(module.summary).not.toMatch(/\.$/)
  })
})

describe('every word of the domain is spoken by a module, or named above', () => {
  // What the tests of the modules expect exactly, so that a word counts only where it was seen.
  const expected = folders.map((id) => readFileSync(join(root, 'modules', id, 'module.test.ts'), 'utf8')).join('\n')

  test('entity types', () => {
    const declared = new Set(modules.flatMap(({ produces }) => produces))
    const found = entityTypes.filter((type) => declared.has(type) && new RegExp(`[ '\`]${type}:`).test(expected))
    expect(entityTypes.filter((type) => !found.includes(type)).sort()).toEqual(Object.keys(onlyGiven).sort())
  })

  test('tags', () => {
    const tags = ['cdn', 'cloud', 'waf', 'wildcard', 'parked', 'unresolved', 'expired', 'login']
    expect(tags.filter((tag) => !expected.includes(` #${tag}`))).toEqual([])
  })

  test('relationship kinds', () => {
    const made = relationshipKinds.filter((kind) => new RegExp(`-${kind}(?::[A-Z]+)?->|<-${kind}-`).test(expected))
    expect(relationshipKinds.filter((kind) => !made.includes(kind))).toEqual([])
  })
})

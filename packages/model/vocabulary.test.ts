import { describe, expect, it } from 'vitest'
import { entityTypes } from './entity.ts'
import { relationshipKinds } from './relationship.ts'
import { concepts, conceptsOf, labelsOf, typesOf, vocabularies } from './vocabulary.ts'

describe('the vocabulary', () => {
  it('names only entity types and relationship kinds that exist', () => {
    const types = concepts.flatMap(({ type }) => (type === null ? [] : [type]))
    const kinds = concepts.flatMap(({ via }) => (via === undefined ? [] : [via]))
    expect(types.filter((type) => !entityTypes.includes(type))).toEqual([])
    expect(kinds.filter((kind) => !relationshipKinds.includes(kind))).toEqual([])
  })

  it.each(vocabularies)('leads from an entity type to %s and back', (vocabulary) => {
    const pairs = entityTypes.flatMap((type) => labelsOf(vocabulary, type).map((label) => ({ type, label })))
    expect(pairs.length).toBeGreaterThan(10)
    expect(pairs.filter(({ type, label }) => !typesOf(vocabulary, label).includes(type))).toEqual([])
  })

  it.each(vocabularies)('leads from a label of %s to concepts that have it', (vocabulary) => {
    for (const concept of concepts) {
      for (const label of concept[vocabulary]) expect(conceptsOf(vocabulary, label)).toContain(concept)
    }
  })

  it('gives each SpiderFoot event but the ambiguous providers one concept', () => {
    const labels = concepts.flatMap(({ spiderfoot }) => spiderfoot)
    const twice = labels.filter((label, index) => labels.indexOf(label) !== index)
    expect(twice.sort()).toEqual(['PROVIDER_DNS', 'PROVIDER_MAIL'])
  })

  it('finds tagged labels by their bare name', () => {
    expect(typesOf('bbot', 'DNS_NAME')).toEqual(['domain'])
    expect(typesOf('stix', 'identity#individual')).toEqual(['person'])
    expect(typesOf('spiderfoot', 'NO_SUCH_EVENT')).toEqual([])
  })
})

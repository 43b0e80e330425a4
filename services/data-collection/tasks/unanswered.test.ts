import { entityRef } from '@mirage/model/entity.ts'
import { expect, test } from 'vitest'
import { unansweredOf } from './unanswered.ts'

const apex = entityRef('domain', 'northwind.example')
const www = entityRef('domain', 'www.northwind.example')
const address = entityRef('ip-address', '198.18.0.10')
const all = [apex, www, address]

test('what brought no answer is told of those whose name it is or stands below', () => {
  expect(unansweredOf(all, new Set())).toEqual({})
  expect(unansweredOf(all, new Set(['_dmarc.northwind.example', 'northwind.example']))).toEqual({
    unanswered: [apex.id],
  })
  expect(unansweredOf(all, new Set(['a.www.northwind.example', '10.0.18.198.in-addr.arpa']))).toEqual({
    unanswered: [www.id, address.id],
  })
})

test('what is of none of them, or no name, may concern any', () => {
  expect(unansweredOf(all, new Set(['10.0.18.198.origin.asn.cymru.com']))).toEqual({ unanswered: 'all' })
  expect(unansweredOf(all, new Set(['northwind.example', '']))).toEqual({ unanswered: 'all' })
})

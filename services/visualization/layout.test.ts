import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOut } from './layout.ts'

const graph = fc
  .record({
    size: fc.integer({ min: 0, max: 60 }),
    ends: fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { maxLength: 120 }),
  })
  .map(({ size, ends }) => ({
    nodes: Array.from({ length: size }, (_, at) => ({ id: `n${at}` })),
    edges: ends.filter(([a, b]) => a < size && b < size).map(([a, b]) => ({ from: `n${a}`, to: `n${b}` })),
  }))

describe('layout', () => {
  it('gives every node a finite place of its own', () => {
    fc.assert(
      fc.property(graph, ({ nodes, edges }) => {
        const points = layOut(nodes, edges)
        expect(points).toHaveLength(nodes.length)
        expect(points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
        expect(new Set(points.map(({ x, y }) => `${x} ${y}`)).size).toBe(nodes.length)
      }),
    )
  })

  it('is the same for the same graph in any order', () => {
    fc.assert(
      fc.property(graph, ({ nodes, edges }) => {
        const straight = new Map(nodes.map(({ id }, at) => [id, layOut(nodes, edges, ['n3'])[at]]))
        const [backwards, turned] = [nodes.toReversed(), edges.toReversed()]
        const points = layOut(backwards, turned, ['n3'])
        for (const [at, { id }] of backwards.entries()) expect(points[at]).toEqual(straight.get(id))
      }),
      { numRuns: 40 },
    )
  })

  it('puts leaves around their centre and parts beside each other', () => {
    const star = (name: string) => ({
      nodes: Array.from({ length: 9 }, (_, at) => ({ id: `${name}${at}` })),
      edges: Array.from({ length: 8 }, (_, at) => ({ from: `${name}0`, to: `${name}${at + 1}` })),
    })
    const [a, b] = [star('a'), star('b')]
    const points = layOut([...a.nodes, ...b.nodes], [...a.edges, ...b.edges], ['b0'])
    const distance = (one: number, other: number) =>
      Math.hypot(points[one]!.x - points[other]!.x, points[one]!.y - points[other]!.y)
    for (let leaf = 1; leaf < 9; leaf++) {
      expect(distance(0, leaf)).toBeGreaterThan(3)
      expect(distance(0, leaf)).toBeLessThan(distance(0, 9))
    }
  })

  it('lays out the largest view there is', () => {
    const nodes = Array.from({ length: 50_000 }, (_, at) => ({ id: `n${at}` }))
    const edges = nodes.slice(1).map(({ id }, at) => ({ from: `n${at >> 3}`, to: id }))
    expect(layOut(nodes, edges)).toHaveLength(50_000)
  })
})

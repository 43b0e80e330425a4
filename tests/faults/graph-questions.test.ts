import { expect, it } from 'vitest'
import { batchesOf, deliveredBatch } from './company.ts'
import { open, openStores } from './correlation.ts'

it('the correlation engine answers questions of the graph', async () => {
  const run = 'run_a'
  await using stores = await openStores()
  await using service = await open(stores)
  const { handlers, call } = service
  await service.deliver(...batchesOf(run).map(deliveredBatch))
  const neighbours = await handlers.listNeighbours(
    { node: 'domain:northwind.example', run, kind: 'subdomain', limit: 5 },
    call,
  )
  expect(neighbours.items).toHaveLength(5)
  expect(neighbours.total).toBe(24)
  expect(neighbours.counts).toEqual([{ kind: 'subdomain', direction: 'out', count: 24 }])
  expect(neighbours.next).toBeDefined()
  const path = await handlers.findPath({ run, from: 'domain:northwind.example', to: 'ip-address:198.18.80.5' }, call)
  expect(path.nodes.map(({ value }) => value)).toEqual([
    'northwind.example',
    'h4.northwind.example',
    'shop.azurewebsites.net',
    '198.18.80.5',
  ])
  const none = await handlers.findPath({ run, from: 'domain:northwind.example', to: 'domain:elsewhere.example' }, call)
  expect(none).toEqual({ nodes: [], edges: [] })
  await expect(handlers.listNeighbours({ node: 'domain:elsewhere.example', run }, call)).rejects.toMatchObject({
    code: 'graphs.no_such_node',
    status: 404,
  })
  const around = await handlers.getSubgraph(
    { run, roots: ['ip-address:198.18.80.5'], depth: 1, maxNodes: 10, maxEdges: 10 },
    call,
  )
  expect(around.nodes.map(({ value }) => value).sort()).toEqual(['198.18.80.5', 'shop.azurewebsites.net'])
  await expect(Promise.resolve().then(() => handlers.listFindings({ after: 'x' }, call))).rejects.toMatchObject({
    status: 400,
  })
})

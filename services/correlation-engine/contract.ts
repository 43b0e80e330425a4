import { defineContract, get, Nothing, patch, post, remove, stream } from '@mirage/kit/contract.ts'
import { defineEvent } from '@mirage/kit/event.ts'
import { Instant, Page, pageInput } from '@mirage/kit/schema.ts'
import { findingStates, severities } from '@mirage/model/finding.ts'
import { Entity } from '@mirage/model/observation.ts'
import { type Static, Type as t } from 'typebox'

const Count = t.Integer({ minimum: 0 })

/** One thing seen that makes a finding true. */
const Evidence = t.Object({
  entity: Entity,
  /** In words: what of it matters. */
  text: t.String(),
  exchange: t.Optional(t.String()),
})

export const Finding = t.Object({
  id: t.String(),
  rule: t.String(),
  severity: t.Enum([...severities]),
  title: t.String(),
  explanation: t.String(),
  entities: t.Array(Entity),
  evidence: t.Array(Evidence),
  state: t.Enum([...findingStates]),
  /** Until when an accepted finding stays accepted. */
  acceptedUntil: t.Optional(Instant),
  comment: t.Optional(t.String()),
  /** How many distinct modules saw the evidence. */
  origins: Count,
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  runs: t.Array(t.String()),
})
export type Finding = Static<typeof Finding>

export const Rule = t.Object({
  id: t.String(),
  severity: t.Enum([...severities]),
  title: t.String(),
  summary: t.String(),
  source: t.Optional(t.String()),
})

export const GraphNode = t.Object({
  id: t.String(),
  type: t.String(),
  value: t.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  tags: t.Array(t.String()),
})
export type GraphNode = Static<typeof GraphNode>

export const GraphEdge = t.Object({
  id: t.String(),
  from: t.String(),
  to: t.String(),
  kind: t.String(),
  qualifier: t.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  modules: t.Array(t.String()),
})
export type GraphEdge = Static<typeof GraphEdge>

const run = { run: t.Optional(t.String({ description: 'Only what this run saw.' })) }
const oneRun = { run: t.String({ description: 'The id of a run.' }) }
const finding = t.String({ description: 'The id of a finding.' })
const node = t.String({ description: 'An entity: its id or `type:value`.' })

export const correlation = defineContract(
  'correlation-engine',
  'The graph of everything seen, rules over it, and their findings.',
  {
    listFindings: get('/findings', {
      summary: 'Findings, most severe first.',
      permission: 'findings:read',
      input: {
        ...run,
        severity: t.Optional(t.Array(t.Enum([...severities]), { description: 'Only of these severities.' })),
        state: t.Optional(t.Array(t.Enum([...findingStates]), { description: 'Only in these states.' })),
        rule: t.Optional(t.String({ description: 'Only of the rule with this id.' })),
        ...pageInput,
      },
      reply: Page(Finding),
    }),
    getFinding: get('/findings/{finding}', {
      summary: 'One finding with its evidence.',
      permission: 'findings:read',
      input: { finding },
      reply: Finding,
      errors: ['findings.not_found'],
    }),
    changeFinding: patch('/findings/{finding}', {
      summary: 'What a person says of a finding; it outlives runs.',
      permission: 'findings:write',
      input: {
        finding,
        state: t.Enum([...findingStates], { description: 'What it is from now on, also in later runs.' }),
        acceptedUntil: t.Optional(Instant),
        comment: t.Optional(t.String({ maxLength: 10_000, description: 'Why.' })),
      },
      reply: Finding,
      errors: ['findings.not_found'],
    }),
    exportFindings: get('/exports/findings', {
      summary: 'Every finding of a run, ordered by id.',
      permission: 'findings:read',
      input: oneRun,
      reply: stream(Finding),
    }),
    listRules: get('/rules', {
      summary: 'The rules in force.',
      permission: 'findings:read',
      input: pageInput,
      reply: Page(Rule),
    }),
    countGraph: get('/graphs/counts', {
      summary: 'How many nodes and edges, by type.',
      permission: 'graphs:read',
      input: run,
      reply: t.Object({ nodes: Count, edges: Count, byType: t.Record(t.String(), Count) }),
    }),
    getSubgraph: post('/graphs/subgraphs', {
      summary: 'The graph around `roots` (all of it without any), breadth first, until a budget ends it.',
      permission: 'graphs:read',
      input: {
        ...run,
        roots: t.Optional(t.Array(node, { maxItems: 1000, description: 'Where it begins.' })),
        depth: t.Integer({ minimum: 0, maximum: 20, description: 'Edges from a root.' }),
        maxNodes: t.Integer({ minimum: 1, maximum: 50_000, description: 'So many nodes at most.' }),
        maxEdges: t.Integer({ minimum: 1, maximum: 200_000, description: 'So many edges at most.' }),
      },
      reply: t.Object({ nodes: t.Array(GraphNode), edges: t.Array(GraphEdge), truncated: t.Boolean() }),
      safe: true,
      errors: ['graphs.no_such_node'],
    }),
    listNeighbours: get('/graphs/nodes/{node}/neighbours', {
      summary: 'What is joined to a node, a kind of edge at a time.',
      permission: 'graphs:read',
      input: {
        node,
        ...run,
        kind: t.Optional(t.String({ description: 'Only over this kind of edge, such as `dns_record`.' })),
        direction: t.Optional(t.Enum(['out', 'in'], { description: 'Only over edges from the node, or to it.' })),
        ...pageInput,
      },
      reply: t.Object({
        items: t.Array(t.Object({ edge: GraphEdge, node: GraphNode })),
        next: t.Optional(t.String()),
        /** Of everything that was asked for, on all pages. */
        total: Count,
        /** Of the node as a whole. */
        counts: t.Array(t.Object({ kind: t.String(), direction: t.Enum(['out', 'in']), count: Count })),
      }),
      errors: ['graphs.no_such_node'],
    }),
    findPath: get('/graphs/paths', {
      summary: 'A shortest path between two entities, whatever the direction of its edges; empty when there is none.',
      permission: 'graphs:read',
      input: {
        ...run,
        from: node,
        to: node,
        maxLength: t.Optional(t.Integer({ minimum: 1, maximum: 30, description: 'Edges at most.' })),
      },
      reply: t.Object({ nodes: t.Array(GraphNode), edges: t.Array(GraphEdge) }),
    }),
    exportGraph: get('/exports/graph', {
      summary: 'Every node, then every edge, each as a line.',
      permission: 'graphs:read',
      input: oneRun,
      reply: stream(t.Union([t.Object({ node: GraphNode }), t.Object({ edge: GraphEdge })])),
    }),
    deleteRun: remove('/correlated-runs/{run}', {
      summary: 'Forgets a run and what only it saw.',
      permission: 'service',
      input: oneRun,
      reply: Nothing,
      status: 204,
    }),
  },
)

/** Findings that are new or changed. */
export const findingsChanged = defineEvent(
  'findings.changed',
  t.Object({ run: t.Optional(t.String()), findings: t.Array(Finding, { maxItems: 500 }) }),
)

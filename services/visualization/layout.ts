/** A place on the plane; one unit is about a node's width. */
export interface Point {
  x: number
  y: number
}

/** Between the rings of a tree, and at least between two nodes of a ring. */
const ringGap = 8
const nodeGap = 2.5
/** Between two unconnected parts. */
const partGap = 12
/** Refinement steps times nodes and edges: what one layout may cost, about a quarter of a second. */
const effort = 3_000_000
const mostSteps = 120

/**
 * Where to draw each node, in the order of `nodes`. Every connected part is a tree of rings around its root (one of
 * `roots` if it has one, else its node of most edges), relaxed by springs along the edges while that is affordable; the
 * parts stand side by side. The same nodes, edges and roots, in any order, are laid out the same.
 */
export function layOut(nodes: { id: string }[], edges: { from: string; to: string }[], roots: string[] = []): Point[] {
  const order = nodes.map((_, at) => at).sort((a, b) => (nodes[a]!.id < nodes[b]!.id ? -1 : 1))
  const place = new Map(order.map((at, rank) => [nodes[at]!.id, rank]))
  const neighbours: number[][] = order.map(() => [])
  for (const { from, to } of edges) {
    const [a, b] = [place.get(from), place.get(to)]
    if (a === undefined || b === undefined || a === b) continue
    neighbours[a]!.push(b)
    neighbours[b]!.push(a)
  }
  for (const [at, list] of neighbours.entries()) neighbours[at] = [...new Set(list)].sort((a, b) => a - b)
  const x = new Float64Array(order.length)
  const y = new Float64Array(order.length)
  const given = roots.map((id) => place.get(id)).filter((rank) => rank !== undefined)
  const parts = partsOf(neighbours, given)
  for (const part of parts) {
    placeRings(part, x, y)
    relax(part.order, neighbours, x, y, effort / (order.length + edges.length + 1))
  }
  putSideBySide(
    parts.map((part) => part.order),
    x,
    y,
  )
  const points: Point[] = []
  for (const [rank, at] of order.entries()) points[at] = { x: round(x[rank]!), y: round(y[rank]!) }
  return points
}

interface Part {
  /** Breadth first from the root. */
  order: number[]
  /** Of each in `order`, the place of its parent there; -1 for the root. */
  parents: number[]
}

/** Connected parts, those with given roots first, then the largest. */
function partsOf(neighbours: number[][], given: number[]): Part[] {
  const seen = new Uint8Array(neighbours.length)
  const byDegree = neighbours
    .map((list, rank) => ({ rank, degree: list.length }))
    .sort((a, b) => b.degree - a.degree || a.rank - b.rank)
    .map(({ rank }) => rank)
  const parts: Part[] = []
  for (const root of [...given, ...byDegree]) {
    if (seen[root] === 1) continue
    seen[root] = 1
    const order = [root]
    const parents = [-1]
    for (let at = 0; at < order.length; at++)
      for (const next of neighbours[order[at]!]!)
        if (seen[next] === 0) {
          seen[next] = 1
          order.push(next)
          parents.push(at)
        }
    parts.push({ order, parents })
  }
  const first = new Set(given)
  return parts.sort(
    (a, b) =>
      Number(first.has(b.order[0]!)) - Number(first.has(a.order[0]!)) ||
      b.order.length - a.order.length ||
      a.order[0]! - b.order[0]!,
  )
}

/** Each node gets a sector of its parent's as wide as its share of leaves; rings are wide enough for who stands on them. */
function placeRings({ order, parents }: Part, x: Float64Array, y: Float64Array): void {
  const leaves = new Float64Array(order.length).fill(0)
  for (let at = order.length - 1; at >= 0; at--) {
    if (leaves[at] === 0) leaves[at] = 1
    const parent = parents[at]!
    if (parent >= 0) leaves[parent]! += leaves[at]!
  }
  const depth = new Uint32Array(order.length)
  const onRing: number[] = [1]
  for (let at = 1; at < order.length; at++) {
    depth[at] = depth[parents[at]!]! + 1
    onRing[depth[at]!] = (onRing[depth[at]!] ?? 0) + 1
  }
  const radius: number[] = [0]
  for (let ring = 1; ring < onRing.length; ring++)
    radius[ring] = Math.max(radius[ring - 1]! + ringGap, (onRing[ring]! * nodeGap) / (2 * Math.PI))
  const start = new Float64Array(order.length)
  const taken = new Float64Array(order.length)
  const span = new Float64Array(order.length)
  span[0] = 2 * Math.PI
  x[order[0]!] = 0
  y[order[0]!] = 0
  for (let at = 1; at < order.length; at++) {
    const parent = parents[at]!
    span[at] = (span[parent]! * leaves[at]!) / leaves[parent]!
    start[at] = start[parent]! + taken[parent]!
    taken[parent]! += span[at]!
    const angle = start[at]! + span[at]! / 2
    x[order[at]!] = radius[depth[at]!]! * Math.cos(angle)
    y[order[at]!] = radius[depth[at]!]! * Math.sin(angle)
  }
}

/** Springs pull along edges, near nodes push each other away (found in a grid), and the steps get shorter. */
function relax(part: number[], neighbours: number[][], x: Float64Array, y: Float64Array, affordable: number): void {
  const steps = Math.min(mostSteps, Math.floor(affordable / 12))
  if (part.length < 3 || steps < 3) return
  const cell = nodeGap * 2
  const moveX = new Float64Array(x.length)
  const moveY = new Float64Array(y.length)
  for (let step = 0; step < steps; step++) {
    const longest = nodeGap * (1 - step / steps)
    const grid = Map.groupBy(part, (rank) => cellOf(Math.floor(x[rank]! / cell), Math.floor(y[rank]! / cell)))
    for (const rank of part) {
      let dx = 0
      let dy = 0
      for (const other of neighbours[rank]!) {
        const [ax, ay] = [x[other]! - x[rank]!, y[other]! - y[rank]!]
        const distance = Math.hypot(ax, ay) || 1
        const pull = (distance - ringGap) / distance / (1 + neighbours[rank]!.length)
        dx += ax * pull
        dy += ay * pull
      }
      const [column, row] = [Math.floor(x[rank]! / cell), Math.floor(y[rank]! / cell)]
      for (let c = column - 1; c <= column + 1; c++)
        for (let r = row - 1; r <= row + 1; r++)
          for (const other of grid.get(cellOf(c, r)) ?? []) {
            if (other === rank) continue
            const [ax, ay] = [x[rank]! - x[other]!, y[rank]! - y[other]!]
            const distance = Math.hypot(ax, ay)
            if (distance >= cell) continue
            // Two at one place are driven apart by their ranks, so that chance has no part in it.
            const push = (cell - distance) / (2 * (distance || 1))
            dx += (distance === 0 ? Math.cos(rank) : ax) * push
            dy += (distance === 0 ? Math.sin(rank) : ay) * push
          }
      const length = Math.hypot(dx, dy)
      const scale = length > longest ? longest / length : 1
      moveX[rank] = dx * scale
      moveY[rank] = dy * scale
    }
    for (const rank of part) {
      x[rank]! += moveX[rank]!
      y[rank]! += moveY[rank]!
    }
  }
}

function cellOf(column: number, row: number): number {
  return column * 1_000_003 + row
}

/** Parts on shelves as wide as the whole is high, largest first; the first part stays around the origin. */
function putSideBySide(parts: number[][], x: Float64Array, y: Float64Array): void {
  if (parts.length < 2) return
  const boxes = parts.map((part) => boxOf(part, x, y))
  const area = boxes.reduce((sum, box) => sum + (box.width + partGap) * (box.height + partGap), 0)
  const width = Math.max(boxes[0]!.width + partGap, Math.sqrt(area) * 1.2)
  let [left, top, shelf] = [0, 0, 0]
  const origin = boxes[0]!
  for (const [at, part] of parts.entries()) {
    const box = boxes[at]!
    if (left > 0 && left + box.width > width) {
      left = 0
      top += shelf
      shelf = 0
    }
    const [dx, dy] = [left - box.left + origin.left, top - box.top + origin.top]
    for (const rank of part) {
      x[rank]! += dx
      y[rank]! += dy
    }
    left += box.width + partGap
    shelf = Math.max(shelf, box.height + partGap)
  }
}

function boxOf(part: number[], x: Float64Array, y: Float64Array) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const rank of part) {
    left = Math.min(left, x[rank]!)
    right = Math.max(right, x[rank]!)
    top = Math.min(top, y[rank]!)
    bottom = Math.max(bottom, y[rank]!)
  }
  return { left, top, width: right - left, height: bottom - top }
}

function round(value: number): number {
  return Math.round(value * 10) / 10 + 0
}

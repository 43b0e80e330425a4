import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@mirage/kit/client.ts'
import { openDispatch } from '@mirage/kit/dispatch.ts'
import { ensureLab, labTruth, stopLab, type WorldSize } from '@mirage/lab/lab.ts'
import { foundLines, groupedGaps, scoreAgainstTruth } from '@mirage/lab/truth/score.ts'
import { startMirage } from '@mirage/server/start.ts'
import { storage } from '@mirage/services/data-storage/contract.ts'
import { scans } from '@mirage/services/scan-orchestration/contract.ts'
import type { Figure } from './figure.ts'

/**
 * How much of a known world a scan with the default profile finds, and how much of what it says is true: the platform
 * in this process, the lab in another, every module real.
 */
export async function benchTruth(sizes: readonly WorldSize[] = ['demo', '10k']): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const size of sizes) figures.push(...(await measure(size)))
  return figures
}

/** A scan that takes longer is ended, and judged by what it found until then. Of 10k it takes minutes on a free machine. */
const maxTimeMs = 90 * 60_000

async function measure(size: WorldSize): Promise<Figure[]> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mirage-truth-'))
  const labDirectory = join(dataDirectory, 'lab')
  const world = { size, seed: 7 }
  try {
    await ensureLab(labDirectory, world)
    await using server = await startMirage({ dataDirectory })
    const { socket } = JSON.parse(readFileSync(join(dataDirectory, 'connection.json'), 'utf8')) as { socket: string }
    await using dispatch = openDispatch({
      addressOf: () => ({ socket }),
      authorization: () => `Bearer ${server.apiKey}`,
    })
    const runs = createClient(scans, dispatch.wire)
    const store = createClient(storage, dispatch.wire)
    const startedAt = performance.now()
    const used = process.cpuUsage()
    const { run } = await runs.createRun({
      definition: {
        seeds: [{ type: 'domain', value: 'northwind.example' }],
        budget: { maxTimeMs },
        lab: world,
      },
    })
    for await (const _event of await runs.watchRun({ run, entities: false }));
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(used)
    const name = `truth, world of size ${size}`
    const { status, stopReason, losses } = await runs.getRun({ run })
    if (status !== 'finished' || stopReason !== undefined || losses > 0)
      process.stderr.write(`${name}: the scan is not whole: ${status}, ${losses} losses, ${stopReason ?? ''}\n`)
    const { items } = await runs.listLanes({ run })
    const modules = items.filter(({ state }) => state === 'planned').map(({ module }) => module)
    const found = foundLines(
      () => store.exportEntities({ run }),
      () => store.exportRelationships({ run }),
    )
    const score = await scoreAgainstTruth(found, labTruth({ ...world, modules }))
    for (const line of groupedGaps(score.missed)) process.stderr.write(`${name}: missed ${line}\n`)
    for (const line of groupedGaps(score.invented)) process.stderr.write(`${name}: not there ${line}\n`)
    return [
      { name: `${name}: recall`, value: percent(score.recall), unit: '%', limit: 99 },
      { name: `${name}: precision`, value: percent(score.precision), unit: '%', limit: 100 },
      { name: `${name}: lines that can be discovered`, value: score.expected, unit: 'entities and relationships' },
      { name: `${name}: lines found`, value: score.found, unit: 'entities and relationships' },
      { name: `${name}: scan`, value: Math.round(seconds), unit: 's' },
      { name: `${name}: scan, processor time`, value: Math.round((user + system) / 1e6), unit: 's' },
    ]
  } finally {
    await stopLab(labDirectory)
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** Never rounded up to a whole that it is not. */
function percent(share: number): number {
  return Math.floor(share * 10_000) / 100
}

import { hash } from 'node:crypto'
import { itemsOf } from '@mirage/kit/pages.ts'
import { type Severity, severities } from '@mirage/model/finding.ts'
import { contentId } from '@mirage/model/id.ts'
import type { Collection, CollectionSpec, Documents, Scan } from '@mirage/ports/documents.ts'
import type { Finding } from '../contract.ts'
import type { FindingContent } from '../evaluation/evaluate.ts'
import type { Mark, Resolution } from './state.ts'

/** A finding as one run has it: what the rule said last, looking at what the run saw. */
export interface RunFinding {
  /** `run/finding`. */
  id: string
  run: string
  finding: string
  rule: string
  /** 0 is critical: ascending is most severe first. */
  rank: number
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
}

/** A finding of the workspace, composed of its runs: the latest one's words, everyone's times. */
export interface StoredFinding {
  id: string
  rule: string
  rank: number
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
  /** The run whose words these are. */
  run: string
  runs: string[]
  /** Of what was announced last; another than its own means that it is still to be announced. */
  announced?: string
}

export interface NewFinding {
  /** The group's key: with the rule and the workspace it names the finding. */
  key: string
  content: FindingContent
  firstSeenAt: number
  lastSeenAt: number
}

export interface FindingCollections {
  ofRuns: Collection<RunFinding>
  findings: Collection<StoredFinding>
  marks: Collection<Mark>
  resolutions: Collection<Resolution>
}

const ofRuns: CollectionSpec<RunFinding> = {
  name: 'run-findings',
  indexes: {
    run: ['run', 'rank'],
    runById: ['run', 'finding'],
    runRule: ['run', 'rule'],
    finding: ['finding'],
  },
}
const findings: CollectionSpec<StoredFinding> = {
  name: 'findings',
  indexes: { rank: ['rank'], rule: ['rule', 'rank'] },
}

export async function openCollections(documents: Documents): Promise<FindingCollections> {
  return {
    ofRuns: await documents.collection(ofRuns),
    findings: await documents.collection(findings),
    marks: await documents.collection<Mark>({ name: 'finding-marks', indexes: {} }),
    resolutions: await documents.collection<Resolution>({ name: 'finding-resolutions', indexes: {} }),
  }
}

/** The id of a finding: the same for the same group of the same rule, in every run. */
export function findingId(workspace: string, rule: string, key: string): string {
  return contentId(`${rule}\n${workspace}\n${key}`)
}

export function runFindingOf(
  workspace: string,
  run: string,
  { key, content, firstSeenAt, lastSeenAt }: NewFinding,
): RunFinding {
  const finding = findingId(workspace, content.rule, key)
  const { rule, severity } = content
  return { id: `${run}/${finding}`, run, finding, rule, rank: rankOf(severity), content, firstSeenAt, lastSeenAt }
}

export function joinStatements(known: RunFinding | undefined, other: RunFinding): RunFinding {
  if (!known) return other
  const chosen = JSON.stringify(other.content) > JSON.stringify(known.content) ? other : known
  return {
    ...chosen,
    firstSeenAt: Math.min(known.firstSeenAt, other.firstSeenAt),
    lastSeenAt: Math.max(known.lastSeenAt, other.lastSeenAt),
  }
}

export function rankOf(severity: Severity): number {
  return severities.length - 1 - severities.indexOf(severity)
}

export function digestOf(finding: Finding): string {
  return hash('sha256', JSON.stringify(finding), 'base64url').slice(0, 22)
}

export function scanAll<T extends { id: string }>(
  collection: Collection<T>,
  workspace: string,
  scan: Pick<Scan<T>, 'index' | 'equals'>,
): AsyncGenerator<T> {
  return itemsOf((place) => collection.scan(workspace, { ...scan, ...place, limit: 1000 }))
}

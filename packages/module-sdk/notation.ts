import type { EntityRef } from '@mirage/model/entity.ts'
import type { ModuleFinding, Observation } from '@mirage/model/observation.ts'

/**
 * One line of what a module yielded, for exact comparison in tests:
 *
 * ```
 * -subdomain-> domain:www.northwind.example
 * domain:a.example -dns_record:A-> ip-address:192.0.2.1 @2026-01-31T00:00:00.000Z #cdn {"ttl":300}
 * <-contains- netblock:192.0.2.0/24
 * ```
 *
 * The source stands only where it is not the task's entity, `=` where there is no edge, the key in brackets where it
 * is not the qualifier, the time only where the module said one.
 */
export function lineOf(observation: Observation, task: EntityRef | undefined, now: number): string {
  const { entity, source, edge, key, at, attributes, tags } = observation
  const parts: string[] = []
  if (source && source.id !== task?.id) parts.push(nameOf(source))
  parts.push(edge ? arrowOf(edge) : '=')
  parts.push(nameOf(entity))
  if (key !== (edge?.qualifier ?? '')) parts.push(`[${key}]`)
  if (at !== now) parts.push(`@${new Date(at).toISOString()}`)
  for (const tag of tags ?? []) parts.push(`#${tag}`)
  if (attributes) parts.push(JSON.stringify(attributes))
  return parts.join(' ')
}

/** `severity rule: about, about`. */
export function findingLineOf(finding: ModuleFinding): string {
  return `${finding.severity} ${finding.rule}: ${finding.entities.map(nameOf).join(', ')}`
}

function nameOf({ type, value }: { type: string; value: string }): string {
  return `${type}:${value}`
}

function arrowOf({ kind, qualifier, direction }: NonNullable<Observation['edge']>): string {
  const label = qualifier === '' ? kind : `${kind}:${qualifier}`
  return direction === 'out' ? `-${label}->` : `<-${label}-`
}

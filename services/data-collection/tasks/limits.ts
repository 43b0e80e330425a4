import type { AnyModule } from '@mirage/module-sdk/define.ts'
import type { TaskOptions } from '@mirage/network/task.ts'
import type { RunDefinition } from '@mirage/services/scan-orchestration/contract.ts'

/**
 * What the module declares, for its key where it accepts one and is `keyed`, or what the run says instead: a rate a second
 * or minute for a rate, one an hour or day for a quota.
 */
export function limitsOf(
  module: Pick<AnyModule, 'id' | 'limits' | 'accepts'>,
  { lab, moduleRates }: Pick<RunDefinition, 'lab' | 'moduleRates'>,
  keyed: boolean,
): TaskOptions['limits'] {
  const ofKey = keyed && module.accepts
  // Who counts by key does not count what the address has asked.
  const group = `${module.limits?.group ?? module.id}${ofKey ? ' by key' : ''}`
  const { perMinute, perSecond, perHour, perDay } = (ofKey ? ofKey.limits : undefined) ?? module.limits ?? {}
  const [, amount, unit] = /^([\d.]+)\/([smhd])$/.exec(moduleRates?.[module.id] ?? '') ?? []
  const isQuota = unit === 'h' || unit === 'd'
  const wanted = amount === undefined ? {} : { [limitOf[unit as keyof typeof limitOf]]: Number(amount) } // the pattern has these units
  // Nobody needs to be spared in a lab, and what its sources say holds for no others.
  if (lab) return { group: `lab ${group}`, ...wanted }
  return {
    group,
    ...(isQuota || amount === undefined ? given({ perMinute, perSecond }) : {}),
    ...(isQuota ? {} : given({ perHour, perDay })),
    ...wanted,
  }
}

const limitOf = { s: 'perSecond', m: 'perMinute', h: 'perHour', d: 'perDay' } as const

function given(limits: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

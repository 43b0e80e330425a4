import type { Page } from '../page.ts'
import type { Site } from '../site.ts'
import type { TechnologyName } from '../technologies.ts'

/** A site as it is written down; what is left out is filled in by `makeSites`. */
export interface Plan {
  machine: string
  hosts: string[]
  http?: Site['http']
  technologies: TechnologyName[]
  favicon?: string
  parked?: boolean
  catchAll?: boolean
  robots?: NonNullable<Site['robots']>
  port?: number
  pages: Page[]
}

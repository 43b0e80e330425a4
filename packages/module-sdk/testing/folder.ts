import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The text of a module whose `run` is this body. */
export function moduleText(id: string, body: string, head = ''): string {
  return `import { defineModule, observe, t } from '@mirage/module-sdk'
${head}
export const module = defineModule({
  id: '${id}', version: 1, title: '${id}', summary: 'For a test', homepage: 'https://${id}.example',
  consumes: [{ type: 'domain' }], produces: ['domain', 'text'], contact: 'stored', useCases: ['footprint'],
  settings: t.Object({ word: t.String({ default: 'www' }) }), sample: 'northwind.example',
  async *run({ entity, http, dns, tcp, tls, settings, log }) {
    ${body}
  },
})
`
}

/** Puts a module into a folder of modules. */
export function writeModule(directory: string, id: string, text: string): void {
  mkdirSync(join(directory, id), { recursive: true })
  writeFileSync(join(directory, id, 'module.ts'), text)
}

import { type EntityDefinition, displayAsIs } from '../definition.ts'
import { oneLine } from '../wording.ts'
import { normaliseOpenPort } from './open-port.ts'
import { normaliseTechnology } from './technology.ts'

export const service: EntityDefinition = {
  type: 'service',
  version: 1,
  title: 'Service',
  plural: 'Services',
  form: '`address:port/protocol application [product]`: `192.0.2.1:22/tcp ssh openssh`; the version is on the observation',
  examples: [
    { raw: '192.0.2.1:22 SSH OpenSSH', value: '192.0.2.1:22/tcp ssh openssh' },
    { raw: '[2001:db8::1]:443/tcp https', value: '[2001:db8::1]:443/tcp https' },
    { raw: '192.0.2.1:80/tcp http Apache HTTP Server', value: '192.0.2.1:80/tcp http apache-http-server' },
  ],
  counterExamples: ['192.0.2.1:22/tcp', 'example.com:22/tcp ssh', 'ssh 192.0.2.1:22', ''],
  normalise: normaliseService,
  display: displayAsIs,
}

function normaliseService(raw: string): string | undefined {
  if (raw.length > 1024) return undefined
  const [socket = '', application = '', ...rest] = oneLine(raw).split(' ')
  const port = normaliseOpenPort(socket)
  const protocol = application.toLowerCase()
  if (port === undefined || !/^[a-z\d][a-z\d.+_-]{0,63}$/.test(protocol)) return undefined
  if (rest.length === 0) return `${port} ${protocol}`
  const product = normaliseTechnology(rest.join(' '))
  return product === undefined ? undefined : `${port} ${protocol} ${product}`
}

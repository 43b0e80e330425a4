import { MirageError } from '@mirage/kit/errors.ts'
import { isAddress } from '@mirage/model/address.ts'
import type { RunDefinition } from '../contract.ts'

/** Refuses resolvers and proxies that no collector could use, before anything starts. Throws `runs.definition_invalid`. */
export function demandWayOut({ resolvers = [], proxy, lab }: RunDefinition): void {
  const unusable = resolvers.find((resolver) => !isResolver(resolver))
  if (unusable !== undefined)
    throw invalid(`“${unusable}” is not a resolver; write an address, or address:port with IPv6 in brackets.`)
  if (proxy === undefined) return
  const { protocol, host } = URL.parse(proxy) ?? { protocol: '', host: '' }
  if (!['http:', 'socks5h:'].includes(protocol) || host === '')
    throw invalid(
      `The proxy must be http://host:port or socks5h://host:port${host === '' ? '' : `, not ${protocol}//`}.`,
    )
  if (lab) throw invalid('A run that meets the lab cannot go through a proxy: leave one of them out.')
}

/** The proxy as people may see it: whoever reads the run learns that there are credentials, not which. */
export function shownProxy(proxy: string): string {
  // Read as the network reads it: `http:user:password@host` and a password with an “@” in it are URLs too.
  const url = URL.parse(proxy)
  if (url === null) return '[hidden]'
  return `${url.protocol}//${url.username === '' && url.password === '' ? '' : '[hidden]@'}${url.host}`
}

function isResolver(text: string): boolean {
  if (isAddress(text)) return true
  const [, address = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  return isAddress(address) && Number(port) > 0 && Number(port) < 65_536
}

function invalid(detail: string): MirageError {
  return new MirageError({ code: 'runs.definition_invalid', status: 422, detail })
}

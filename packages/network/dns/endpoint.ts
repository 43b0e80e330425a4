export interface Endpoint {
  address: string
  port: number
  /** `address:port`, IPv6 in brackets. */
  text: string
}

/** From `address:port` (IPv6 in brackets) or its parts. */
export function endpointOf(from: string | { address: string; port: number }): Endpoint {
  if (typeof from !== 'string') {
    const { address, port } = from
    return { address, port, text: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}` }
  }
  const colon = from.lastIndexOf(':')
  const address = from.slice(0, colon).replace(/^\[|\]$/g, '')
  return { address, port: Number(from.slice(colon + 1)), text: from }
}

/** How answers name a server: its address, with the port where it is not 53. */
export function labelOf(address: string, port: number): string {
  return port === 53 ? address : endpointOf({ address, port }).text
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

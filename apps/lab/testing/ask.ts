import type { Provider } from '../providers/provider.ts'
import type { World } from '../world/world.ts'

/** What a provider answers to a GET, its body as text. */
export async function ask(
  provider: Provider,
  url: string,
  world: World,
  headers: Record<string, string | undefined> = {},
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const request = { method: 'GET', url: new URL(url), headers: { 'user-agent': 'test', ...headers }, body: '' }
  const { status, headers: sent = {}, body } = await provider.handle(request, world)
  const text =
    typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : [...body].join('')
  return { status, headers: sent, body: text }
}

/** The JSON of a 200; throws on any other status. */
export async function askJson(
  provider: Provider,
  url: string,
  world: World,
  headers: Record<string, string | undefined> = {},
): Promise<unknown> {
  const { status, body } = await ask(provider, url, world, headers)
  if (status !== 200) throw new Error(`${url} answered ${status}: ${body}`)
  return JSON.parse(body)
}

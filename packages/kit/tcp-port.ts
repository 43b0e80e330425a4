import { createServer } from 'node:net'

/** Why nobody could listen at this address and port now, as the system's code; undefined when one could. */
export async function refusalToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    return await new Promise<string | undefined>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      server.listen({ host, port }, () => resolve(undefined))
    })
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}

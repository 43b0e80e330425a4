import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface NginxOptions {
  /** As many free ports as are asked for, for the `http` block that `configure` answers. */
  ports: number
  configure: (ports: number[]) => string
  /** Text or bytes by path, relative to the server's folder. */
  files: Record<string, string | Uint8Array>
}

/** One line of the access log. */
export interface Served {
  connection: string
  host: string
  method: string
  path: string
  status: number
  encoding: string
}

export interface Nginx extends AsyncDisposable {
  ports: number[]
  /** Everything it answered so far, in order. */
  served(): Promise<Served[]>
}

/** A real `nginx` on free loopback ports, once every one of them takes connections. Its folder is removed with it. */
export async function startNginx({ ports: count, configure, files }: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'mirage-nginx-'))
  const ports = await freePorts(count)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  const log = join(folder, 'access.log')
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  log_format told escape=json '{"connection":"$connection","host":"$host","method":"$request_method",'
    '"path":"$request_uri","status":$status,"encoding":"$sent_http_content_encoding"}';
  access_log ${log} told;
  types { text/html html; text/plain txt; application/javascript js; text/xml xml; image/x-icon ico; }
  default_type application/octet-stream;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${folder}/${name};\n`).join('')}
${configure(ports)}
}
`,
  )
  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Servers stand where few users look.
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  async function dispose(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  for (const port of ports)
    if (!(await takesConnections(port, child))) {
      await dispose()
      throw new Error(`nginx did not start: ${complaint}`)
    }
  return {
    ports,
    async served() {
      const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Served) // the format above
    },
    [Symbol.asyncDispose]: dispose,
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  // A TCP server's address is an AddressInfo.
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function takesConnections(port: number, child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    const socket = connect({ host: '127.0.0.1', port })
    try {
      await once(socket, 'connect')
      return true
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    } finally {
      socket.destroy()
    }
  }
  return false
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface RunningNginx {
  readonly port: number
  stop(): Promise<void>
}

/** Passes signals of its stdin on, so that nginx ends with whoever started it, however that ends. */
const WRAPPER = '"$@" & pid=$!; cat >/dev/null; kill "$pid"; wait "$pid"'

/** Starts an nginx in front of a server, with nothing said that it does by itself: no upgrades, buffers, HTTP/1.0 or 1.1. */
export async function startNginx(executable: string, upstream: string): Promise<RunningNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'tautline-nginx-'))
  const port = await freePort()
  const configuration = join(folder, 'nginx.conf')
  writeFileSync(configuration, configure(folder, port, upstream))
  const child = spawn('sh', ['-c', WRAPPER, 'sh', executable, '-p', folder, '-c', configuration, '-e', 'stderr'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const exited = once(child, 'close')
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      // It listens by then.
      if (line.includes('event method')) resolve()
    })
    void exited.then(() => {
      reject(new Error(`nginx ended before it was ready:\n${lines.join('\n')}`))
    })
  })
  return {
    port,
    async stop() {
      child.stdin.end()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}

/** Where it may write, and as whom; and the one line of a proxy. */
function configure(folder: string, port: number, upstream: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    process.getuid?.() === 0 ? 'user root;' : '',
    'daemon off;',
    'master_process off;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr notice;',
    'events {}',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`),
    '  server {',
    `    listen 127.0.0.1:${String(port)};`,
    `    location / { proxy_pass ${upstream}; }`,
    '  }',
    '}',
  ].join('\n')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

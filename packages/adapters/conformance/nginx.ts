import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchLines } from './watched-lines.ts'

export interface RunningProxy {
  /** Lets new processes take over, and resolves when they have; the old ones end after half a second. */
  reload(): Promise<void>
  stop(): Promise<void>
}

export interface RunningNginx extends RunningProxy {
  readonly port: number
}

/** Passes signals of its stdin on, so that nginx ends with whoever started it, however that ends. */
const WRAPPER = '"$@" & pid=$!; cat >/dev/null; kill "$pid"; wait "$pid"'

/** Starts an nginx in front of a server, with nothing said that it does by itself: no upgrades, buffers, HTTP/1.0 or 1.1. */
export async function startNginx(executable: string, upstream: string): Promise<RunningNginx> {
  const port = await freePort()
  const server = `server { listen 127.0.0.1:${String(port)}; location / { proxy_pass ${upstream}; } }`
  return { port, ...(await runNginx(executable, server)) }
}

/** Starts an nginx with these servers. */
export async function runNginx(executable: string, servers: string): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'tautline-nginx-'))
  const configuration = join(folder, 'nginx.conf')
  writeFileSync(configuration, configure(folder, servers))
  const child = spawn('sh', ['-c', WRAPPER, 'sh', executable, '-p', folder, '-c', configuration, '-e', 'stderr'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const exited = once(child, 'close')
  const lines = watchLines('nginx', child.stderr, exited)
  // It listens by then.
  await lines.next('event method')
  return {
    async reload() {
      const reloaded = lines.next('gracefully shutting down')
      process.kill(Number(readFileSync(join(folder, 'nginx.pid'), 'utf8')), 'SIGHUP')
      await reloaded
    },
    async stop() {
      child.stdin.end()
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}

/** Where it may write, as whom, and what it is given. */
function configure(folder: string, servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    process.getuid?.() === 0 ? 'user root;' : '',
    'daemon off;',
    'worker_shutdown_timeout 500ms;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr notice;',
    'events {}',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`),
    servers,
    '}',
  ].join('\n')
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

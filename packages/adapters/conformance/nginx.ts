import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type RunningProxy, runProxy } from './running-proxy.ts'

export interface RunningNginx extends RunningProxy {
  readonly port: number
}

/** Starts an nginx in front of a server, with nothing said that it does by itself: no upgrades, buffers, HTTP/1.0 or 1.1. */
export async function startNginx(executable: string, upstream: string): Promise<RunningNginx> {
  const port = await freePort()
  const server = `server { listen 127.0.0.1:${String(port)}; location / { proxy_pass ${upstream}; } }`
  return { port, ...(await runNginx(executable, server)) }
}

/** Starts an nginx with these servers. */
export function runNginx(executable: string, servers: string): Promise<RunningProxy> {
  return runProxy({
    name: 'nginx',
    configure: (folder) => configure(folder, servers),
    command: (file, folder) => [executable, '-p', folder, '-c', file, '-e', 'stderr'],
    started: 'event method',
    reloadSignal: 'HUP',
    reloaded: 'gracefully shutting down',
  })
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

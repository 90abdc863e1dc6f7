import { fileURLToPath } from 'node:url'
import { ensureHaproxy } from '../../../../scripts/ensure-haproxy.ts'
import { ensureNginx } from '../../../../scripts/ensure-nginx.ts'
import { codeBlocks } from '../../../../test/documentation.fixture.ts'
import { runNginx } from '../nginx.ts'
import type { RunningProxy } from '../running-proxy.ts'
import { runHaproxy } from './haproxy.ts'

/** One of the proxies that the documentation configures, as it stands there but for what is told here. */
export interface DocumentedProxy {
  readonly name: string
  readonly snippet: string
  /** Times after which it cuts a connection on which nothing comes, in ms. */
  readonly idleTimesMs: readonly number[]
  /** The path of its executable, or undefined after saying what that leaves out. */
  ensure(): Promise<string | undefined>
  start(executable: string, routes: readonly Route[]): Promise<RunningProxy>
}

export interface Route {
  readonly port: number
  readonly upstreamPort: number
  /** Files with the certificate, its key, and both. Without: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly both: string }
  /** In place of all times after which a silent connection is cut. */
  readonly idleMs?: number
}

const NGINX_TIMES = /(?<=proxy_read_timeout )(\d+)s/g
const HAPROXY_TIMES = /(?<=timeout (?:client|server|tunnel) )(\d+)s/g

function snippetOf(language: string): string {
  const document = fileURLToPath(new URL('../../../../docs/deployment.md', import.meta.url))
  const [block, ...others] = codeBlocks(document).filter((one) => one.language === language)
  if (block === undefined || others.length > 0) throw new Error(`Expected one block of ${language} in ${document}`)
  return block.text
}

/** Each part must be there, so that the documentation cannot leave out what the tests put in. */
function replace(text: string, parts: readonly (readonly [part: string, by: string])[]): string {
  return parts.reduce((whole, [part, by]) => {
    if (whole.split(part).length !== 2) throw new Error(`Expected "${part}" once in\n${text}`)
    return whole.replace(part, by)
  }, text)
}

const timesOf = (snippet: string, pattern: RegExp): readonly number[] =>
  Array.from(snippet.matchAll(pattern), ([, seconds]) => Number(seconds) * 1000)

function withIdle(text: string, pattern: RegExp, idleMs: number | undefined): string {
  return idleMs === undefined ? text : text.replaceAll(pattern, `${String(idleMs)}ms`)
}

function nginx(): DocumentedProxy {
  const snippet = snippetOf('nginx')
  const configure = ({ port, upstreamPort, tls, idleMs }: Route): string => {
    const listen = `listen 127.0.0.1:${String(port)}`
    const certificate = '  ssl_certificate /etc/ssl/app.pem;\n'
    const key = '  ssl_certificate_key /etc/ssl/app.key;\n'
    const filled = replace(snippet, [
      ['http://127.0.0.1:8080', `http://127.0.0.1:${String(upstreamPort)}`],
      ['listen 443 ssl', tls === undefined ? listen : `${listen} ssl`],
      [certificate, tls === undefined ? '' : `  ssl_certificate ${tls.cert};\n`],
      [key, tls === undefined ? '' : `  ssl_certificate_key ${tls.key};\n`],
    ])
    return withIdle(filled, NGINX_TIMES, idleMs)
  }
  return {
    name: 'nginx',
    snippet,
    idleTimesMs: timesOf(snippet, NGINX_TIMES),
    ensure: ensureNginx,
    start: (executable, routes) => runNginx(executable, routes.map(configure).join('\n')),
  }
}

function haproxy(): DocumentedProxy {
  const snippet = snippetOf('haproxy')
  const configure = ({ port, upstreamPort, tls, idleMs }: Route): string => {
    const bind = `bind 127.0.0.1:${String(port)}`
    const filled = replace(snippet, [
      ['bind :443 ssl crt /etc/ssl/app.pem', tls === undefined ? bind : `${bind} ssl crt ${tls.both}`],
      ['127.0.0.1:8080', `127.0.0.1:${String(upstreamPort)}`],
      ['frontend web', `frontend web-${String(port)}`],
      ['default_backend tautline', `default_backend tautline-${String(port)}`],
      ['\nbackend tautline', `\nbackend tautline-${String(port)}`],
    ])
    return withIdle(filled, HAPROXY_TIMES, idleMs)
  }
  return {
    name: 'HAProxy',
    snippet,
    idleTimesMs: timesOf(snippet, HAPROXY_TIMES),
    ensure: ensureHaproxy,
    start: (executable, routes) => runHaproxy(executable, routes.map(configure).join('\n')),
  }
}

export const documentedProxies: readonly DocumentedProxy[] = [nginx(), haproxy()]

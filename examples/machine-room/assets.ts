import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

interface Asset {
  readonly type: string
  readonly body: Uint8Array<ArrayBuffer>
}

/** Where `build-page.ts` puts the bundled page. */
export const PAGE_DIRECTORY = fileURLToPath(new URL('./dist/', import.meta.url))

const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
] as const

/** Nothing is loaded from elsewhere, and the browser is told to keep it so. */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Answers requests for the page's files, read once. */
export async function loadPage(): Promise<(request: Request) => Response> {
  const assets = new Map<string, Asset>()
  for (const [path, file, type] of FILES) {
    assets.set(path, { type, body: new Uint8Array(await readFile(PAGE_DIRECTORY + file)) })
  }
  return (request) => {
    const asset = assets.get(new URL(request.url).pathname)
    if (asset === undefined) return new Response('Not found', { status: 404, headers: HEADERS })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('Method not allowed', { status: 405, headers: { ...HEADERS, allow: 'GET, HEAD' } })
    }
    return new Response(asset.body, { headers: { ...HEADERS, 'content-type': asset.type } })
  }
}

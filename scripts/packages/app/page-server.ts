// Serves page.js, prints the address, and ends with what the page reports.
import { readFileSync } from 'node:fs'
import { serve } from '@tautline/adapters/node'
import { server } from './server.ts'

const script = readFileSync(process.argv[2] ?? 'page.js')
const html = '<!doctype html><title>Tautline</title><script type="module" src="/page.js"></script>'
const verdict = Promise.withResolvers<{ ok: boolean; text: string }>()

const serving = await serve(server, {
  port: 0,
  host: '127.0.0.1',
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/page.js') return new Response(script, { headers: { 'content-type': 'text/javascript' } })
    if (pathname !== '/verdict') return new Response(html, { headers: { 'content-type': 'text/html' } })
    // What page.ts sends.
    verdict.resolve((await request.json()) as { ok: boolean; text: string })
    return new Response()
  },
})
console.log(serving.url.replace(/^ws/, 'http'))
const { ok, text } = await verdict.promise
console.log(text)
await serving.close()
process.exitCode = ok ? 0 : 1

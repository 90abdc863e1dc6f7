// The page: bundled, served by page-server.ts, to which it reports.
import { drive } from './drive.ts'

const verdict = await drive('/').then(
  (done) => ({ ok: true, text: done }),
  (error: unknown) => ({ ok: false, text: String(error) }),
)
await fetch('/verdict', { method: 'POST', body: JSON.stringify(verdict) })

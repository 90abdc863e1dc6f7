// npm run herd: how ten thousand clients that lost their server at once come back, by how long it was gone.
// Prints a table and draws docs/herd.svg. Nothing in it takes time: the clients are the real policy on simulated time.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createRandom } from '@tautline/core/testing'
import { arrivalsAfter, largestShare } from '../packages/core/src/session/simulation/herd.fixture.ts'
import { CLIENTS, herdChart, percent, SEED, seconds, WINDOW_MS } from './herd/chart.ts'

const OUTAGES_MS = [0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 600_000, 3_600_000]
const FAILURES = { refused: 0, 'no answer': 10_000 }

const rows = OUTAGES_MS.map((lastsMs) => {
  const row: Record<string, string> = { 'gone for': seconds(lastsMs) }
  for (const [name, attemptMs] of Object.entries(FAILURES)) {
    const arrivals = arrivalsAfter({ lastsMs, attemptMs }, CLIENTS, createRandom(SEED))
    row[`${name}: most in ${String(WINDOW_MS)} ms`] = percent(largestShare(arrivals, WINDOW_MS))
    row[`${name}: all back after`] = seconds(arrivals.at(-1) ?? Number.NaN)
  }
  return row
})
console.log(`${String(CLIENTS)} clients, cut at once:`)
console.table(rows)

const target = fileURLToPath(new URL('../docs/herd.svg', import.meta.url))
await writeFile(target, herdChart())
console.log(target)

// npm run soak: hundreds of clients with random faults against a real server, for as long as it is told. Fails where memory grows,
// an invariant is broken or something is left. Draws while it runs: soak-<runtime>.html in the folder shows the picture as it grows.

import { writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { parseCommandLine, USAGE } from './soak/command-line.ts'
import { progressLine } from './soak/progress-line.ts'
import { runSoak } from './soak/run-soak.ts'
import { soakChart } from './soak/soak-chart.ts'
import { publish } from './soak/soak-page.ts'
import type { SoakResult } from './soak/soak-result.ts'

const options = parseCommandLine(process.argv.slice(2))
if (options === 'help') console.log(USAGE)
else {
  const base = join(options.out, `soak-${options.runtime}`)
  await mkdir(options.out, { recursive: true })
  const picture = `soak-${options.runtime}.svg`
  await writeFile(
    `${base}.html`,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>Soak</title>
<style>:root { color-scheme: light dark } img { width: 100%; max-width: 1100px }</style><img src="${picture}" alt="">\n`,
  )
  const draw = (result: SoakResult): void => {
    writeFileSync(`${base}.svg`, soakChart(result))
  }
  const result = await runSoak(options, (soFar) => {
    draw(soFar)
    console.log(progressLine(soFar))
  })
  draw(result)
  await writeFile(`${base}.json`, `${JSON.stringify(result, null, 1)}\n`)
  if (options.publish) publish('soak', options.runtime, result, soakChart(result))
  console.log(`${base}.svg\n${base}.json`)
  for (const failure of result.failures) console.error(`FAILED: ${failure}`)
  console.log(result.failures.length === 0 ? 'It holds.' : `${String(result.failures.length)} failures.`)
  if (result.failures.length > 0) process.exitCode = 1
}

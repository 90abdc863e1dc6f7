// npm run packages: what npm would publish, packed, linted, then used as a stranger would use it. Needs a build.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileApp } from './packages/compile-app.ts'
import { createConsumer, install } from './packages/consumer.ts'
import { checkPacked, type Packed, pack } from './packages/packing.ts'
import { runApp, runPage } from './packages/run-app.ts'
import { Verdicts } from './packages/verdicts.ts'

const workspaces = join(import.meta.dirname, '../packages')
const verdicts = new Verdicts()

async function useAsStranger(packages: readonly Packed[], folder: string): Promise<void> {
  const consumer = createConsumer(folder, packages)
  const installation = install(consumer)
  if (installation.state === 'unreachable') {
    verdicts.leaveOut(`the registry cannot be reached (${installation.reason}): nobody has used the packages`)
  } else if (installation.state === 'failed') {
    verdicts.fail(`npm install in an empty project\n${installation.reason}`)
  } else {
    verdicts.ok('npm install in an empty project')
    compileApp(consumer, verdicts)
    runApp(consumer, verdicts)
    await runPage(consumer, verdicts)
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'tautline-packages-'))
try {
  const folders = readdirSync(workspaces).map((name) => join(workspaces, name))
  const unbuilt = folders.filter((folder) => !existsSync(join(folder, 'dist')))
  if (unbuilt.length > 0) {
    verdicts.fail(`no dist in ${unbuilt.join(', ')}: run npm run build`)
  } else {
    const packages = folders.map((folder) => pack(folder, temporary))
    for (const packed of packages) checkPacked(packed, verdicts)
    await useAsStranger(packages, join(temporary, 'project'))
  }
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
process.exitCode = verdicts.failed ? 1 : 0

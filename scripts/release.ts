// npm run release: publishes the packages, as one of GitHub's actions alone can. npm run release -- --dry-run: all but that,
// on any machine; -- --dry-run --offline: and what needs the registry is left out with a word. What is to be published lies in .cache/release.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Verdicts } from './packages/verdicts.ts'
import { digest, packTwice } from './release/pack-twice.ts'
import { planRelease, type ReleaseManifest } from './release/release-plan.ts'

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, offline: { type: 'boolean' } } })
const isDry = values['dry-run'] === true
const isOffline = isDry && values.offline === true

const root = join(import.meta.dirname, '..')
const destination = join(root, '.cache/release')
const verdicts = new Verdicts()

function stopWhenFailed(): void {
  if (!verdicts.failed) return
  console.error('\nNothing was published.')
  process.exit(1)
}

const git = (...args: string[]): readonly string[] =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')

const folders = readdirSync(join(root, 'packages'))
const plan = planRelease({
  manifests: folders.map(
    (name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as ReleaseManifest,
  ),
  pendingChangesets: readdirSync(join(root, '.changeset')).flatMap((file) =>
    file.endsWith('.md') && file !== 'README.md' ? [basename(file, '.md')] : [],
  ),
  changedFiles: git('status', '--porcelain').map((line) => line.slice(3)),
  repository: process.env['GITHUB_REPOSITORY'],
  // What npm asks for such proof.
  canProve: process.env['GITHUB_ACTIONS'] === 'true' && process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] !== undefined,
})
for (const fault of plan.faults) verdicts.fail(fault)
for (const obstacle of plan.obstacles) {
  if (isDry) console.log(`NOT YET ${obstacle}`)
  else verdicts.fail(obstacle)
}
stopWhenFailed()
verdicts.ok(`${plan.order.join(', ')}, from ${git('rev-parse', 'HEAD').join('')}`)

verdicts.run('lock file', [process.execPath, 'scripts/check-lock.mjs'], root)
if (isOffline) console.log('LEFT OUT known vulnerabilities: nobody was asked')
else verdicts.run('no known vulnerability in what users get', [process.execPath, 'scripts/audit.ts'], root)
stopWhenFailed()

rmSync(destination, { recursive: true, force: true })
mkdirSync(destination, { recursive: true })
const packages = packTwice(destination, verdicts)
stopWhenFailed()
// Inherits the terminal: it tells of each of its checks itself.
const checked = spawnSync(process.execPath, ['scripts/check-packages.ts'], { cwd: root, stdio: 'inherit' })
if (checked.status !== 0) verdicts.fail('packages')

const workspaces = folders.map((name) => `--workspace=packages/${name}`)
const bill = ['sbom', '--sbom-format=cyclonedx', '--omit=dev', ...workspaces]
writeFileSync(join(destination, 'sbom.cdx.json'), execFileSync('npm', bill, { cwd: root }))
const sums = packages.map(({ tarball }) => `${digest(tarball)}  ${basename(tarball)}\n`)
writeFileSync(join(destination, 'SHA256SUMS'), sums.join(''))
verdicts.ok(`bill of materials and sums\n${sums.join('')}`)
stopWhenFailed()

for (const name of plan.order) {
  const packed = packages.find(({ manifest }) => manifest.name === name)
  if (packed === undefined) continue
  if (isDry) {
    console.log(`would publish ${name} (${String(packed.files.length)} files)`)
    continue
  }
  const options = ['--provenance', '--access', 'public', '--ignore-scripts']
  if (!verdicts.run(`published ${name}`, ['npm', 'publish', packed.tarball, ...options], root)) break
}
process.exitCode = verdicts.failed ? 1 : 0

// npm run audit: fails on every known vulnerability of what users get, and where nobody can say. Needs the registry, so it is
// no part of `npm test`; the release is.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { auditVerdict } from './release/audit-verdict.ts'

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
  timeout: 60_000,
})
const verdict = auditVerdict(stdout)
if (verdict.type === 'clean') console.log('no known vulnerability in what users get')
else if (verdict.type === 'vulnerable') console.error(`known vulnerabilities:\n${verdict.packages.join('\n')}`)
else console.error(`nobody can say: ${verdict.reason}`)
process.exitCode = verdict.type === 'clean' ? 0 : verdict.type === 'vulnerable' ? 1 : 2

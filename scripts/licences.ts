// node scripts/licences.ts: writes docs/licences.md from the lock file, and fails where a licence is none of those allowed.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { licencePage } from './licences/licence-page.ts'
import { forbiddenLicences, type Lock, lockedLicences } from './licences/locked-licences.ts'

const root = join(import.meta.dirname, '..')
const licences = lockedLicences(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock)
writeFileSync(join(root, 'docs/licences.md'), licencePage(licences))
for (const { name, version, licence } of forbiddenLicences(licences)) {
  console.error(`${name} ${version} has a licence that is not allowed: ${licence}`)
  process.exitCode = 1
}

import type { Licensed, LockedLicences } from './locked-licences.ts'

/** docs/licences.md as it should be. */
export function licencePage({ shipped, development }: LockedLicences): string {
  const byLicence = new Map<string, Licensed[]>()
  for (const one of development) byLicence.set(one.licence, [...(byLicence.get(one.licence) ?? []), one])
  const rows = Array.from(byLicence)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, packages]) => `| ${licence} | ${licence === 'MIT' ? 'all others' : namesOf(packages)} |`)
  return [
    '# Licences of others',
    '',
    'Written by `node scripts/licences.ts` from the lock file; `npm test` fails where it is not current, and where a licence is not on the',
    'list in [`locked-licences.ts`](../scripts/licences/locked-licences.ts).',
    '',
    'Tautline itself is [MIT](../LICENSE).',
    '',
    '## What users get',
    '',
    'The dependencies of the published packages and theirs, and what is an optional peer of one. Nothing is bundled: each comes from the',
    'registry, with its own licence beside it.',
    '',
    '| package | tested with | licence |',
    '|---|---|---|',
    ...shipped.map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |`),
    '',
    '## What it is built and tested with',
    '',
    'Never published.',
    '',
    '| licence | packages |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n')
}

function namesOf(packages: readonly Licensed[]): string {
  return Array.from(new Set(packages.map(({ name }) => `\`${name}\``))).join(', ')
}

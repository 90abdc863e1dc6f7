import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { licencePage } from './licence-page.ts'
import { forbiddenLicences, type Lock, lockedLicences } from './locked-licences.ts'

const root = join(import.meta.dirname, '../..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock

test('docs/licences.md is current: node scripts/licences.ts', () => {
  expect(readFileSync(join(root, 'docs/licences.md'), 'utf8')).toBe(licencePage(lockedLicences(lock)))
})

test('every licence is allowed', () => {
  expect(forbiddenLicences(lockedLicences(lock))).toEqual([])
})

test('nothing comes along with our packages but what the design names; the rest is up to the application', () => {
  const ours = Object.entries(lock.packages).filter(([path]) => path.startsWith('packages/'))
  const along = ours.flatMap(([, { dependencies = {} }]) => Object.keys(dependencies))
  expect(ours).toHaveLength(4)
  expect(along.filter((name) => !name.startsWith('@tautline/'))).toEqual(['@msgpack/msgpack'])
})

const made: Lock = {
  packages: {
    '': {},
    'packages/core': { dependencies: { a: '^1.0.0', '@tautline/x': '^1.0.0' }, peerDependencies: { p: '^1.0.0' } },
    'node_modules/@tautline/core': { link: true },
    'node_modules/a': {
      version: '1.0.0',
      license: 'MIT',
      dependencies: { b: '1' },
      peerDependencies: { typescript: '5' },
    },
    'node_modules/b': { version: '1.0.0', license: 'MPL-2.0' },
    'node_modules/c/node_modules/b': { version: '2.0.0', license: 'MPL-2.0' },
    'node_modules/p': { version: '1.0.0', license: 'ISC' },
    'node_modules/tool': { version: '1.0.0', license: 'MPL-2.0' },
    'node_modules/typescript': { version: '5.0.0' },
  },
}

test('what a dependency brings along counts as shipped, whatever tools it is used by', () => {
  const { shipped, development } = lockedLicences(made)
  expect(shipped.map(({ name, version }) => `${name} ${version}`)).toEqual(['a 1.0.0', 'b 1.0.0', 'b 2.0.0', 'p 1.0.0'])
  expect(development.map(({ name }) => name)).toEqual(['tool', 'typescript'])
})

test('a licence that is fine for a tool may not be for what users get, and none is fine for nobody', () => {
  expect(forbiddenLicences(lockedLicences(made)).map(({ name, licence }) => `${name} ${licence}`)).toEqual([
    'b MPL-2.0',
    'b MPL-2.0',
    'typescript none',
  ])
})

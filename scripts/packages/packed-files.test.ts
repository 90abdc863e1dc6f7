import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { surplusFiles } from './packed-files.ts'

const root = join(import.meta.dirname, '../..')

/** As `npm pack --json` tells of them: by name, or as a list with fewer options. */
type Packages = Readonly<
  Record<string, { readonly name: string; readonly files: readonly { readonly path: string }[] }>
>

test.each([
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist/index.js',
  'dist/index.js.map',
  'dist/node/index.d.ts',
  'dist/chunk-46R4UUYX.js',
  'src/io/outbox.ts',
])('%s is expected in a package', (file) => {
  expect(surplusFiles([file])).toEqual([])
})

test.each([
  'src/server.test.ts',
  'src/server.test-d.ts',
  'src/test-bench.fixture.ts',
  'src/__snapshots__/x.ts',
  'dist/.tsbuildinfo',
  'dist/server.test.js',
  'conformance/server.ts',
  'tsup.config.ts',
  'tsconfig.build.json',
  '.npmrc',
  '.env',
  'src/key.pem',
  'node_modules/ws/index.js',
  'dist/../secret.js',
])('%s is none of a package', (file) => {
  expect(surplusFiles([file])).toEqual([file])
})

test('npm itself would put nothing else into ours, whether or not they are built', () => {
  const workspaces = readdirSync(join(root, 'packages')).map((name) => `--workspace=packages/${name}`)
  const args = ['pack', ...workspaces, '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
  const packed = Object.values(JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as Packages)
  expect(packed).toHaveLength(workspaces.length)
  for (const { files } of packed) {
    const paths = files.map(({ path }) => path)
    expect(surplusFiles(paths)).toEqual([])
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']))
  }
}, 60_000)

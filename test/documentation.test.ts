/** Every TypeScript block of the documentation compiles against the sources; tests in it and the first example of the README run. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { executable, runtimeEnv, runtimes, sourceArguments } from '../scripts/runtimes.ts'
import { codeBlocks } from './documentation.fixture.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/CHANGELOG.md'],
})

let directory: string
beforeAll(() => {
  // Inside the repository, so that packages are found as in a project; not below node_modules, where Node strips no types.
  mkdirSync(join(root, '.cache'), { recursive: true })
  directory = mkdtempSync(join(root, '.cache/documentation-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** Writes the blocks of a document as files; gives back where each came from. */
function extract(document: string): Map<string, string> {
  const origins = new Map<string, string>()
  const folder = join(directory, document.replaceAll(/[^\w]/g, '_'))
  codeBlocks(join(root, document)).forEach((block, index) => {
    if (block.language !== 'ts') return
    const file = join(folder, block.fileName ?? `block-${String(index + 1)}.ts`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, block.text)
    origins.set(file, `${document}:${String(block.line)}`)
  })
  return origins
}

test('every TypeScript block compiles', async () => {
  const origins = new Map(documents.flatMap((document) => Array.from(extract(document))))
  expect(origins.size).toBeGreaterThan(0)
  const project = join(directory, 'tsconfig.json')
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ['./**/*.ts'],
    }),
  )
  const output = await run(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], {
    cwd: directory,
  }).then(
    () => '',
    (failure: { readonly stdout: string }) => failure.stdout,
  )
  const located = output.replaceAll(/^(\S+?\.ts)\((\d+),/gm, (whole, file: string, line: string) => {
    const origin = origins.get(join(directory, file))
    return origin === undefined ? whole : `${origin} + ${line} (${relative(directory, file)},`
  })
  expect(located).toBe('')
})

test('the tests of the documentation pass', async () => {
  const files = documents.flatMap((document) => Array.from(extract(document).keys()))
  const tests = files.filter((file) => file.endsWith('.test.ts'))
  expect(tests).not.toEqual([])
  const { stdout } = await run(executable('node'), ['--conditions=@tautline/source', '--test', ...tests])
  expect(stdout).toMatch(/pass [1-9]/)
})

test.for(runtimes)('the first example of the README, with its client on %s, prints what it says', async (runtime) => {
  const folder = dirname([...extract('README.md').keys()][0] ?? '')
  const port = String(await freePort())
  for (const name of ['server.ts', 'client.ts']) {
    const file = join(folder, name)
    writeFileSync(file, readFileSync(file, 'utf8').replace('3000', port))
  }
  const script = (name: string): string[] =>
    sourceArguments(name === 'server.ts' ? 'node' : runtime, join(folder, name))
  const server = spawn(executable('node'), script('server.ts'), { stdio: ['ignore', 'inherit', 'inherit'] })
  try {
    const { stdout } = await run(executable(runtime), script('client.ts'), {
      env: { ...process.env, ...runtimeEnv, NO_COLOR: '1' },
      timeout: 20_000,
    })
    expect(stdout).toBe(codeBlocks(join(root, 'README.md')).find(({ language }) => language === 'text')?.text)
  } finally {
    server.kill()
  }
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

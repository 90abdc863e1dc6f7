// npm run packages: what npm would publish, packed, linted, then used as a stranger would use it. Needs a build.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { executable, runtimeEnv, runtimes } from './runtimes.ts'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Packed {
  readonly manifest: Manifest
  readonly tarball: string
  readonly files: readonly string[]
}

const root = join(import.meta.dirname, '..')
const unwanted = /\.(?:test|test-d|fixture)\.|__snapshots__|\.tsbuildinfo|tsup\.config/
let failed = false

function fail(message: string): void {
  failed = true
  console.error(`FAILED ${message}`)
}

/** Silent unless it fails: the reports of success are long. */
function check(title: string, command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...runtimeEnv },
  })
  if (status === 0) console.log(`ok     ${title}`)
  else fail(`${title}\n${error?.message ?? ''}${stdout}${stderr}`)
}

function pack(folder: string, destination: string): Packed {
  const cwd = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as Manifest
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination]
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd, encoding: 'utf8' })) as [
    { filename: string; files: { path: string }[] },
  ]
  return { manifest, tarball: join(destination, packed.filename), files: packed.files.map((file) => file.path) }
}

function checkContents({ manifest, files }: Packed): void {
  for (const file of files.filter((path) => unwanted.test(path))) fail(`${manifest.name} would publish ${file}`)
  const targets = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  for (const target of targets)
    if (!files.includes(target.replace('./', ''))) fail(`${manifest.name} exports ${target} but would not publish it`)
  for (const needed of ['LICENSE', 'README.md'])
    if (!files.includes(needed)) fail(`${manifest.name} would publish no ${needed}`)
}

/** A project with the tarballs and their declared dependencies, and nothing else of this repository. */
function consume(packages: readonly Packed[], project: string): void {
  const modules = join(project, 'node_modules')
  const specifiers: string[] = []
  for (const { manifest, tarball } of packages) {
    const home = join(modules, manifest.name)
    mkdirSync(home, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', home])
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const link = join(modules, name)
      if (name.startsWith('@tautline/') || existsSync(link)) continue
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), link)
    }
    for (const subpath of Object.keys(manifest.exports))
      if (subpath !== './package.json') specifiers.push(manifest.name + subpath.slice(1))
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))

  const load = specifiers.map(
    (name) => `if (Object.keys(await import('${name}')).length === 0) throw new Error('${name} is empty')`,
  )
  writeFileSync(join(project, 'load.mjs'), `${load.join('\n')}\n`)
  for (const runtime of runtimes)
    check(
      `every entry loads on ${runtime}`,
      executable(runtime),
      runtime === 'deno' ? ['run', '-A', '--no-prompt', 'load.mjs'] : ['load.mjs'],
      project,
    )

  const imports = specifiers.map(
    (name, index) => `import * as m${String(index)} from '${name}'\nexport { m${String(index)} }`,
  )
  writeFileSync(join(project, 'types.ts'), `${imports.join('\n')}\n`)
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable', 'dom', 'dom.asynciterable'],
      module,
      moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      noEmit: true,
    }
    const config = `tsconfig.${moduleResolution}.json`
    writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
    check(`declarations hold for a consumer (${moduleResolution}, skipLibCheck off)`, 'tsc', ['-p', config], project)
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'tautline-packages-'))
try {
  const packages: Packed[] = []
  for (const folder of readdirSync(join(root, 'packages'))) {
    if (!existsSync(join(root, 'packages', folder, 'dist'))) {
      fail(`packages/${folder} has no dist: run npm run build`)
      continue
    }
    const packed = pack(folder, temporary)
    packages.push(packed)
    checkContents(packed)
    check(`${packed.manifest.name}: publint`, 'publint', ['--strict', packed.tarball], root)
    check(`${packed.manifest.name}: attw`, 'attw', [packed.tarball, '--profile', 'esm-only'], root)
  }
  if (packages.length > 0) consume(packages, join(temporary, 'project'))
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0

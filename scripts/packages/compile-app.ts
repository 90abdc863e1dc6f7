import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Consumer, olderTypescripts } from './consumer.ts'
import type { Verdicts } from './verdicts.ts'

const resolutions = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
] as const

/**
 * Compiles the app and the example of the README against the installed declarations, with each TypeScript that the packages
 * support and both ways to resolve. The first run writes the JavaScript that is executed afterwards.
 */
export function compileApp({ folder }: Consumer, verdicts: Verdicts): void {
  const compilers: (readonly [string, readonly [string, ...string[]]])[] = [
    ['the TypeScript of this repository', ['tsc']],
    ...Object.entries(olderTypescripts).map(
      ([alias, version]) => [`TypeScript ${version}`, [process.execPath, `node_modules/${alias}/lib/tsc.js`]] as const,
    ),
  ]
  for (const { module, moduleResolution } of resolutions) {
    const config = `tsconfig.${moduleResolution}.json`
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2024', 'esnext.disposable', 'dom'],
      module,
      moduleResolution,
      rewriteRelativeImportExtensions: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: ['node'],
      rootDir: '.',
      outDir: `compiled-${moduleResolution}`,
    }
    writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, include: ['app', 'readme'] }))
    for (const [name, command] of compilers)
      verdicts.run(`types: ${name}, ${moduleResolution}, skipLibCheck off`, [...command, '-p', config], folder)
  }
}

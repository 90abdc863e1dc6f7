import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Consumer, olderTypescripts } from './consumer.ts'
import type { Verdicts } from './verdicts.ts'

const resolutions = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
] as const

/**
 * Compiles the app and the example of the README against the installed declarations, as both ways to resolve find them.
 * The JavaScript that this writes is executed afterwards.
 */
export function compileApp({ folder }: Consumer, verdicts: Verdicts): void {
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
    const { alias, version } = olderTypescripts[moduleResolution]
    const check = (compiler: string, command: readonly [string, ...string[]]): boolean =>
      verdicts.run(`types: ${compiler}, ${moduleResolution}, skipLibCheck off`, [...command, '-p', config], folder)
    check('the TypeScript of this repository', ['tsc'])
    check(`TypeScript ${version}`, [process.execPath, `node_modules/${alias}/lib/tsc.js`])
  }
}

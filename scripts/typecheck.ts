// npm run typecheck: all programs, whether or not the first one fails.
import { spawn } from 'node:child_process'

const programs = [
  { title: 'everything, tests included', args: ['-p', '.'] },
  {
    title: 'core without platform: contract, protocol, packing, session, long-poll',
    args: ['-p', 'packages/core/tsconfig.pure.json'],
  },
  { title: 'packages as built, isolated declarations', args: ['-b', 'tsconfig.build.json'] },
] as const

function tsc(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('tsc', [...args, '--pretty', process.stdout.isTTY ? 'true' : 'false'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, output })
    })
  })
}

for (const [index, { code, output }] of (await Promise.all(programs.map(({ args }) => tsc(args)))).entries()) {
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${programs[index]?.title ?? ''}`)
  process.stdout.write(output)
  if (code !== 0) process.exitCode = 1
}

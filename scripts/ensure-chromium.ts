// node scripts/ensure-chromium.ts: prints the path of a Chromium that starts, installing Debian's where that is possible.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installByApt } from './apt.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Started once, because on some systems `chromium` is a stub that asks for another package manager. */
function starts(path: string): boolean {
  if (!existsSync(path)) return false
  return spawnSync(path, ['--version', '--no-sandbox'], { stdio: 'ignore', timeout: 20_000 }).status === 0
}

function onPath(name: string): string[] {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return dirs.filter((dir) => dir !== '').map((dir) => join(dir, name))
}

async function playwrights(): Promise<string[]> {
  try {
    const { chromium } = await import('playwright')
    return [chromium.executablePath()]
  } catch {
    return []
  }
}

export async function findChromium(): Promise<string | undefined> {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') {
    if (starts(named)) return named
    throw new Error(`Expected CHROMIUM_PATH to name a browser that starts, got \`${named}\``)
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  return [...names.flatMap(onPath), mac, ...(await playwrights())].find(starts)
}

/** The path of a browser, or undefined after saying on stderr what that leaves out. */
export async function ensureChromium(): Promise<string | undefined> {
  const found = await findChromium()
  if (found !== undefined) return found
  const installed = (await installByApt('chromium')) ? await findChromium() : undefined
  if (installed !== undefined) return installed
  console.error(
    [
      'No Chromium: the browser tests cannot run. Everything else is tested.',
      'Install `chromium` (or run `npx playwright install chromium`), or set CHROMIUM_PATH.',
    ].join('\n'),
  )
  return undefined
}

if (import.meta.main) {
  const path = await ensureChromium()
  if (path === undefined) process.exitCode = 1
  else console.log(path)
}

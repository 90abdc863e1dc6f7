// npm run picture: draws docs/machine-room.png, the example page as the README shows it.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright'
import { buildPage } from '../examples/machine-room/build-page.ts'
import { spawnServer } from '../examples/machine-room/spawn-server.ts'
import { ensureChromium } from './ensure-chromium.ts'

const TARGET = fileURLToPath(new URL('../docs/machine-room.png', import.meta.url))
const LIMIT_BYTES = 200_000
/** Of chart in the picture: as much as it shows at the start. */
const SAMPLES_MS = 47_000

async function draw(browser: Browser, url: string, file: string): Promise<void> {
  const visit = async (name: string) => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, colorScheme: 'light' })
    await context.addInitScript((given) => {
      sessionStorage.setItem('name', given)
    }, name)
    const page = await context.newPage()
    await page.goto(url)
    await page.locator('#state[data-state="connected"]').waitFor()
    return page
  }

  const page = await visit('Noble Heron')
  await visit('Lively Wren')
  const other = await visit('Keen Otter')
  await other.getByRole('textbox', { name: 'Note' }).fill('Cut the line and watch the charts.')
  await other.getByRole('button', { name: 'Pin' }).click()
  await page.locator('#note-list small').waitFor()
  await page.getByRole('button', { name: 'Cut it' }).click()
  await page.locator('#line-facts', { hasText: 'Reconnects1' }).waitFor()
  await page.locator('#state[data-state="connected"]').waitFor()
  console.log(`Watching this machine for ${String(SAMPLES_MS / 1000)} s, so that the charts have something to show`)
  await page.waitForTimeout(SAMPLES_MS)
  await page.locator('#file').setInputFiles(file)
  await page.locator('#file-list code').filter({ hasText: /./ }).waitFor()
  await page.mouse.move(0, 0)
  await page.screenshot({ path: TARGET, fullPage: true })
}

const executablePath = await ensureChromium()
if (executablePath === undefined) process.exit(1)
await buildPage()
const server = await spawnServer({ runtime: 'node', host: '127.0.0.1', port: 0 })
const folder = await mkdtemp(join(tmpdir(), 'picture-'))
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const file = join(folder, 'backup-2030-01.tar')
  await writeFile(file, randomBytes(24_000_000))
  await draw(browser, server.url, file)
} finally {
  await rm(folder, { recursive: true })
  await browser.close()
  await server.stop()
}
const { size } = await stat(TARGET)
console.log(`${TARGET}: ${String(size)} bytes`)
if (size > LIMIT_BYTES) {
  console.error(`Expected the picture to have at most ${String(LIMIT_BYTES)} bytes`)
  process.exitCode = 1
}

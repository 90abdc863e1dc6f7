// The example page in a real browser, against a real server on a port of its own.
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { chromiumFlags } from '../../scripts/chromium-flags.ts'
import { ensureChromium } from '../../scripts/ensure-chromium.ts'
import { buildPage } from './build-page.ts'
import { type SpawnedServer, spawnServer } from './spawn-server.ts'

const executablePath = await ensureChromium()
if (executablePath === undefined) {
  if (process.env['CI'] !== undefined) throw new Error('Expected a Chromium: see the message above')
  console.error('Without a browser, the tests of the machine room as a page are left out.')
}

/** Where it is false, tests are left out as said above; never in CI. */
export const hasChromium: boolean = executablePath !== undefined

/** For one thing to happen. A test that waits for several may take longer before it is called stuck. */
const PATIENCE_MS = 15_000
const TEST_TIMEOUT_MS = 60_000

interface TabOptions extends BrowserContextOptions {
  /** Who sits before it. @default a name that the page makes up */
  readonly name?: string
  /** By which address it comes. @default the server's own */
  readonly by?: string
  /** The page's time is the test's to stop. */
  readonly stoppableClock?: boolean
}

export interface OpenRoom {
  readonly url: string
  readonly server: SpawnedServer
  /** A tab of a browser profile of its own, when the line is connected. */
  open(options?: TabOptions): Promise<Page>
  /** The server again, on the port that it had. */
  startAgain(): Promise<void>
}

/**
 * One browser and one server for all tests of a file; tabs last for a test. At the end of each no tab may have asked
 * anything of another origin, nor complained on its console.
 */
export function useRoom(): OpenRoom {
  vi.setConfig({ testTimeout: TEST_TIMEOUT_MS })
  let browser: Browser | undefined
  let server: SpawnedServer | undefined
  let url = ''
  const contexts: BrowserContext[] = []
  const complaints: string[] = []

  const watch = (page: Page, home: string): void => {
    const isOurs = (address: string): boolean =>
      address.startsWith('data:') || new URL(address).host === new URL(home).host
    const expectOurs = (address: string): void => {
      if (!isOurs(address)) complaints.push(`asked for ${address}`)
    }
    page.on('request', (request) => expectOurs(request.url()))
    page.on('websocket', (socket) => expectOurs(socket.url()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      // What the browser itself says when nobody listens; no page can keep it from that. The line tries both its ways.
      const isTheLine =
        /^WebSocket connection to .* failed: /.test(message.text()) ||
        (message.text().startsWith('Failed to load resource: ') &&
          message.location().url === new URL('/rpc', home).href)
      if (!isTheLine) complaints.push(message.text())
    })
  }

  beforeAll(async () => {
    await buildPage()
    const options = {
      headless: true,
      args: [...chromiumFlags],
      ...(executablePath !== undefined && { executablePath }),
    }
    ;[browser, server] = await Promise.all([
      chromium.launch(options),
      spawnServer({ runtime: 'node', host: '127.0.0.1', port: 0 }),
    ])
    url = server.url
  })
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    if (server !== undefined) expect(await server.stop()).toBe(0)
  })

  return {
    get url() {
      return url
    },
    get server() {
      if (server === undefined) throw new Error('Expected the server to be started')
      return server
    },
    async open({ name, by = url, stoppableClock = false, ...options } = {}) {
      if (browser === undefined) throw new Error('Expected the browser to be started')
      const context = await browser.newContext(options)
      contexts.push(context)
      if (name !== undefined) await context.addInitScript((given) => sessionStorage.setItem('name', given), name)
      const page = await context.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      if (stoppableClock) await page.clock.install()
      watch(page, by)
      await page.goto(by)
      await page.locator('#state[data-state="connected"]').waitFor()
      return page
    },
    async startAgain() {
      server = await spawnServer({ runtime: 'node', host: '127.0.0.1', port: Number(new URL(url).port) })
    },
  }
}

/** Asked again until it is as expected: the machine that runs all tests at once may be slow. */
// oxlint-disable-next-line vitest/require-awaited-expect-poll -- by whoever calls this
export const eventually: typeof expect.poll = (read, options) => expect.poll(read, { timeout: PATIENCE_MS, ...options })

/** From here on nothing comes by itself: no attempt, no drawing anew. For tabs whose clock is stoppable. */
export async function stopTime(page: Page): Promise<void> {
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000))
}

/** Which columns of a chart's pixels a line crosses: lines are coloured, all else in a chart is grey. */
function paintedColumns(page: Page, id: string): Promise<boolean[]> {
  return page.locator(`#${id}-chart canvas`).evaluate((element) => {
    const chart = element as HTMLCanvasElement
    const { width, height } = chart
    // Read from a copy: the browser complains of a canvas that is drawn on and read in turns.
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
    copy?.drawImage(chart, 0, 0)
    const data = copy?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray()
    const columns = Array.from({ length: width }, () => false)
    for (let at = 0; at < data.length; at += 4) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.slice(at, at + 4)
      const saturated = Math.max(red, green, blue) - Math.min(red, green, blue) > 60
      if (saturated && alpha > 128) columns[(at / 4) % width] = true
    }
    return columns
  })
}

export async function drawnWidth(page: Page, id: string): Promise<number> {
  return (await paintedColumns(page, id)).filter(Boolean).length
}

/** How many stretches of a chart's width are without a line, between its first and its last pixel. */
export async function holesIn(page: Page, id: string): Promise<number> {
  const columns = await paintedColumns(page, id)
  const drawn = columns.slice(columns.indexOf(true), columns.lastIndexOf(true))
  return drawn.filter((painted, index) => !painted && drawn[index - 1] === true).length
}

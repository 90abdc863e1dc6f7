// What the page does while the line is cut, and while there is no server.
import type { Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { drawnWidth, eventually, hasChromium, holesIn, type OpenRoom, stopTime, useRoom } from './page.fixture.ts'

const fact = (page: Page, title: string): Promise<string | null> =>
  page.locator(`#line-facts div:has(dt:text-is("${title}")) dd`).textContent()

const charts = ['cpu', 'memory', 'load']

const notes = (page: Page): Promise<string[]> => page.locator('#note-list li span').allTextContents()

const badge = (page: Page): Promise<string | null> => page.locator('#state-text').textContent()

async function pin(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Note' }).fill(text)
  await page.getByRole('button', { name: 'Pin' }).click()
}

/** What the badge says and whether the banner is up, each time one of them changes. */
async function watchLine(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const lineHistory: string[] = []
    Object.assign(globalThis, { lineHistory })
    const look = (): void => {
      const banner = document.getElementById('banner')?.hidden === false ? 'banner' : 'no banner'
      const now = `${document.getElementById('state-text')?.textContent ?? ''}, ${banner}`
      if (lineHistory.at(-1) !== now) lineHistory.push(now)
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributeFilter: ['hidden'] })
  })
  // Put there above.
  return () => page.evaluate(() => (globalThis as unknown as { lineHistory: string[] }).lineHistory)
}

/** The chart as an image. Two tabs that know the same samples show the same. */
const picture = (page: Page, chart: string): Promise<string> =>
  page.locator(`#${chart}-chart canvas`).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())

async function untilTheChartsMatch(one: Page, other: Page): Promise<void> {
  await eventually(async () => {
    const pictures = [one, other].map((page) => Promise.all(charts.map((chart) => picture(page, chart))))
    const [left, right] = await Promise.all(pictures)
    return String(left) === String(right)
  }).toBe(true)
}

/** The server ends as in a crash. */
async function crash(room: OpenRoom, ...tabs: Page[]): Promise<void> {
  await room.server.kill()
  for (const tab of tabs) await eventually(() => badge(tab)).toBe('reconnecting')
}

describe.skipIf(!hasChromium)('a line that is cut', () => {
  const room = useRoom()

  test('comes back by itself, and all goes on', async () => {
    const page = await room.open({ name: 'Ada' })
    expect(await fact(page, 'Reconnects')).toBe('0')
    expect(await fact(page, 'Transport')).toBe('WebSocket')
    const history = await watchLine(page)
    await page.getByRole('button', { name: 'Cut it' }).click()
    await eventually(history).toEqual(['connected, no banner', 'reconnecting, banner', 'connected, no banner'])
    await eventually(() => fact(page, 'Reconnects')).toBe('1')
    // Newest first: why it broke and when it goes on, that it goes on, that it is back.
    await eventually(async () => (await page.locator('#line-log li').allTextContents()).slice(0, 3)).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\dconnected: .*, reconnecting for \d+\.\d s$/),
      expect.stringMatching(/^\d\d:\d\d:\d\dreconnecting: retry, .*by WebSocket$/),
      expect.stringMatching(/^\d\d:\d\d:\d\dreconnecting: .*, next one in \d\.\d s, connected for \d+\.\d s$/),
    ])
    expect(await page.locator('#transport').textContent()).toBe('WebSocket')
    await pin(page, 'still here')
    await eventually(() => notes(page)).toEqual(['still here'])
    await eventually(() => page.locator('#people').getAttribute('aria-label')).toBe('1 here: Ada')
  })

  test('misses nothing of what happened meanwhile', async () => {
    const [ada, ben] = [await room.open({ name: 'Ada', stoppableClock: true }), await room.open({ name: 'Ben' })]
    const before = await notes(ben)
    await untilTheChartsMatch(ada, ben)
    await stopTime(ada)
    await ada.getByRole('button', { name: 'Cut it' }).click()
    await eventually(() => badge(ada)).toBe('reconnecting')
    await pin(ben, 'while Ada was away')
    await eventually(() => notes(ben)).toEqual(['while Ada was away', ...before])
    // Each of the seconds that Ada misses is some pixels wide.
    await eventually(() => drawnWidth(ben, 'load')).toBeGreaterThan((await drawnWidth(ada, 'load')) + 10)
    expect(await notes(ada)).toEqual(before)

    await ada.clock.resume()
    await eventually(() => notes(ada)).toEqual(['while Ada was away', ...before])
    await untilTheChartsMatch(ada, ben)
    expect(await holesIn(ada, 'load')).toBe(0)
  })
})

describe.skipIf(!hasChromium)('a server that crashes and starts again', () => {
  const room = useRoom()

  test('is found again: a gap in the charts, the new board, and the note that waited', async () => {
    const page = await room.open({ name: 'Ada' })
    await pin(page, 'of the first server')
    await eventually(() => notes(page)).toEqual(['of the first server'])
    for (const chart of charts) await eventually(() => drawnWidth(page, chart)).toBeGreaterThan(5)

    await crash(room, page)
    const banner = page.locator('#banner')
    await eventually(() => banner.innerText()).toMatch(/^Not connected\s+Trying again (now|in [1-9]\d* s)\.\s+Try now$/)
    expect(await banner.getByRole('status').textContent()).not.toMatch(/\d/)
    expect(await page.locator('#transport').isVisible()).toBe(false)
    await pin(page, 'written without a line')
    await room.startAgain()

    await eventually(() => badge(page)).toBe('connected')
    await eventually(() => page.locator('#banner').isHidden()).toBe(true)
    await eventually(() => notes(page)).toEqual(['written without a line'])
    for (const chart of charts) await eventually(() => holesIn(page, chart)).toBe(1)
    await eventually(() => page.locator('#people').getAttribute('aria-label')).toBe('1 here: Ada')
  })

  test('is found at once by who asks for it', async () => {
    const page = await room.open({ stoppableClock: true })
    await crash(room, page)
    await stopTime(page)
    await room.startAgain()
    await page.getByRole('button', { name: 'Try now' }).click()
    await eventually(() => badge(page)).toBe('connected')
    await eventually(() => page.locator('#line-log li').allTextContents()).toContainEqual(
      expect.stringContaining('reconnecting: manual'),
    )
    await page.clock.resume()
    await eventually(() => fact(page, 'Reconnects')).toBe('1')
  })
})

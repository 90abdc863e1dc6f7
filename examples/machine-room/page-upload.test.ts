// A file that is being hashed while the line fails in the middle of it.
import { createHash, randomBytes } from 'node:crypto'
import type { Page } from 'playwright'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LineProxy, openLineProxy } from './line-proxy.fixture.ts'
import { drawnWidth, eventually, hasChromium, holesIn, useRoom } from './page.fixture.ts'

const FILE_BYTES = 4_000_000
/** On the wire, of which some is not the file: well after its beginning and before its end. */
const MIDDLE_BYTES = 2_000_000

describe.skipIf(!hasChromium)('a file that is being hashed', () => {
  const room = useRoom()
  let proxy: LineProxy
  beforeEach(async () => {
    proxy = await openLineProxy(room.url)
  })
  afterEach(() => proxy.close())

  test('is hashed whole though the line is cut', async () => {
    const page = await room.open({ by: proxy.url })
    await eventually(() => drawnWidth(page, 'load')).toBeGreaterThan(5)
    const sha256 = await sendHalf(page, proxy)
    proxy.cut()
    await eventually(() => digest(page)).toBe(sha256)
    expect(await page.locator('#file-list li').count()).toBe(1)
    const width = await drawnWidth(page, 'load')
    await eventually(() => drawnWidth(page, 'load')).toBeGreaterThan(width)
    expect(await holesIn(page, 'load')).toBe(0)
  })

  test('is hashed whole though the server crashes and starts again', async () => {
    const page = await room.open({ by: proxy.url })
    const sha256 = await sendHalf(page, proxy)
    await room.server.kill()
    proxy.cut()
    await eventually(() => page.locator('#state-text').textContent()).toBe('reconnecting')
    const bar = await watchBar(page)
    await room.startAgain()
    await eventually(() => digest(page)).toBe(sha256)
    // The next server knows nothing of the file: it begins again.
    expect((await bar())[0]).toBe(0)
  })

  test('can be stopped while the line is down', async () => {
    const page = await room.open({ by: proxy.url })
    await sendHalf(page, proxy)
    await room.server.kill()
    proxy.cut()
    await eventually(() => page.locator('#state-text').textContent()).toBe('reconnecting')
    await page.getByRole('button', { name: 'Stop hashing noise.bin' }).click()
    await eventually(() => page.locator('#file-list li').textContent()).toBe('noise.binStopped.')
    await room.startAgain()
  })
})

describe.skipIf(!hasChromium)('a session that goes on', () => {
  const room = useRoom()
  let proxy: LineProxy
  beforeEach(async () => {
    proxy = await openLineProxy(room.url)
  })
  afterEach(() => proxy.close())

  const transport = (page: Page): Promise<string | null> => page.locator('#transport').textContent()

  test('lets a file go on where it was when the line is cut', async () => {
    const page = await room.open({ by: proxy.url })
    const bar = await watchBar(page)
    const sha256 = await sendHalf(page, proxy)
    proxy.cut()
    await eventually(() => digest(page)).toBe(sha256)
    expect(await bar()).toEqual((await bar()).toSorted((a, b) => a - b))
  })

  test('moves to long poll where WebSockets are refused, and back when they are not, and nothing begins again', async () => {
    const page = await room.open({ by: proxy.url })
    await eventually(() => drawnWidth(page, 'load')).toBeGreaterThan(5)
    const bar = await watchBar(page)
    const sha256 = await sendHalf(page, proxy)
    proxy.webSockets = 'refuse'
    proxy.cut()
    await eventually(() => transport(page)).toBe('long poll')
    await eventually(() => digest(page)).toBe(sha256)
    expect(await bar()).toEqual((await bar()).toSorted((a, b) => a - b))

    proxy.webSockets = 'pass'
    // A change of the network is a reason to try WebSockets again at once.
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await eventually(() => transport(page)).toBe('WebSocket')
    const width = await drawnWidth(page, 'load')
    await eventually(() => drawnWidth(page, 'load')).toBeGreaterThan(width)
    expect(await holesIn(page, 'load')).toBe(0)
  })

  test('is told of when it is lost with its server', async () => {
    const page = await room.open({ by: proxy.url })
    await room.server.kill()
    await room.startAgain()
    await eventually(() => page.locator('#banner-title').textContent()).toBe('Connected again')
    expect(await page.locator('#banner').isVisible()).toBe(true)
    await eventually(() => page.locator('#banner').isVisible()).toBe(false)
  })
})

/** Sends a file of noise until the line stands still in the middle of it. Gives back what its digest must be. */
async function sendHalf(page: Page, proxy: LineProxy): Promise<string> {
  const buffer = randomBytes(FILE_BYTES)
  const held = proxy.hold(MIDDLE_BYTES)
  await page.locator('#file').setInputFiles({ name: 'noise.bin', mimeType: 'application/octet-stream', buffer })
  await held
  await eventually(() => page.locator('#file-list progress').evaluate(valueOf)).toBeGreaterThan(0)
  expect(await page.locator('#file-list progress').evaluate(valueOf)).toBeLessThan(FILE_BYTES)
  return createHash('sha256').update(buffer).digest('hex')
}

const digest = (page: Page): Promise<string | null> => page.locator('#file-list code').textContent()

/** The values that the bar is set to from here on: looking now and then could miss that it went back. */
async function watchBar(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const barValues: number[] = []
    Object.assign(globalThis, { barValues })
    new MutationObserver((records) => {
      for (const { target } of records) if (target instanceof HTMLProgressElement) barValues.push(target.value)
    }).observe(document.body, { subtree: true, attributeFilter: ['value'] })
  })
  // Put there above.
  return () => page.evaluate(() => (globalThis as unknown as { barValues: number[] }).barValues)
}

function valueOf(element: Element): number {
  return (element as HTMLProgressElement).value
}

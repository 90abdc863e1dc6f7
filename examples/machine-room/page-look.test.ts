// How the page looks and is operated: light and dark, on a phone, by keyboard, by ear.
import type { Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { eventually, hasChromium, stopTime, useRoom } from './page.fixture.ts'

/** Everything that a visitor may meet: processes, a note, a complaint, a hashed file. */
async function fill(page: Page): Promise<void> {
  const note = page.getByRole('textbox', { name: 'Note' })
  await note.fill('a note that says something')
  await note.press('Enter')
  // The answer, not the note: its event may come first, and until the answer is there Enter pins nothing more.
  await eventually(() => note.inputValue()).toBe('')
  await note.press('Enter')
  await page.getByRole('alert').waitFor()
  const file = { name: 'a-long-name-of-a-file-'.repeat(5), mimeType: 'text/plain', buffer: Buffer.from('text') }
  await page.locator('#file').setInputFiles(file)
  await page.locator('#file-list code').filter({ hasText: /./ }).waitFor()
  await page.locator('#process-rows td').first().waitFor()
  await eventually(() => page.locator('.legend').first().textContent()).toMatch(/\d/)
}

/** Texts whose contrast to what lies under them is below 4.5:1, with that contrast. */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
    if (canvas === null) throw new Error('Expected a canvas')
    /** Colours in the order in which they lie on each other, as one. */
    const luminance = (layers: readonly string[]): number => {
      for (const layer of layers) {
        canvas.fillStyle = layer
        canvas.fillRect(0, 0, 1, 1)
      }
      const [red = 0, green = 0, blue = 0] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (byte) => {
        const part = byte / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const grounds = (element: Element | null): string[] =>
      element === null ? [] : [...grounds(element.parentElement), getComputedStyle(element).backgroundColor]
    const found: string[] = []
    for (const element of document.body.querySelectorAll('*')) {
      const own = Array.from(element.childNodes).find(({ nodeType, data }: Node & { data?: string }) => {
        return nodeType === Node.TEXT_NODE && data?.trim() !== ''
      })
      if (own === undefined || !element.checkVisibility()) continue
      const under = grounds(element)
      const light = luminance(under)
      const text = luminance([...under, getComputedStyle(element).color])
      const contrast = (Math.max(light, text) + 0.05) / (Math.min(light, text) + 0.05)
      if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${element.textContent}`)
    }
    return found
  })
}

/** What takes the focus as Tab is pressed, from the top until it leaves the page. */
async function tabOrder(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    document.querySelectorAll<HTMLElement>('button, input, [tabindex]').forEach((element, index) => {
      if (element.checkVisibility()) element.dataset['stop'] = String(index)
    })
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  const stops: string[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const active = document.activeElement
      return active instanceof HTMLElement && active !== document.body
        ? (active.dataset['stop'] ?? 'unknown')
        : undefined
    })
    if (stop === undefined || stops.includes(stop)) return stops
    stops.push(stop)
  }
}

describe.skipIf(!hasChromium)('the page', () => {
  const room = useRoom()

  test.each(['light', 'dark'] as const)('is readable where the system is %s', async (colorScheme) => {
    const page = await room.open({ colorScheme, stoppableClock: true })
    await fill(page)
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(244, 245, 247)' : 'rgb(14, 18, 23)')
    // Else it would hide its banner again, there being nothing to tell.
    await stopTime(page)
    for (const tone of ['info', 'warning', 'error']) {
      await page.locator('#banner').evaluate((banner, shown) => {
        banner.removeAttribute('hidden')
        banner.dataset['tone'] = shown
      }, tone)
      expect(await faintTexts(page)).toEqual([])
    }
  })

  test('follows the system from light to dark while it is open', async () => {
    const page = await room.open({ colorScheme: 'light' })
    const grid = (): Promise<number> =>
      page.locator('#memory-chart canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL().length)
    await eventually(grid).toBeGreaterThan(0)
    await page.emulateMedia({ colorScheme: 'dark' })
    await eventually(() => page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(14, 18, 23)')
    expect(await faintTexts(page)).toEqual([])
  })

  test('fits a phone', async () => {
    const page = await room.open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
    await fill(page)
    const widths = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      table: document.querySelector('.scroll')?.scrollWidth,
      tableSeen: document.querySelector('.scroll')?.clientWidth,
    }))
    expect(widths.page).toBe(390)
    expect(widths.table).toBe(widths.tableSeen)
    expect(await page.locator('#process-head th:visible').allTextContents()).toEqual(['Name', 'CPU', 'Memory'])
  })

  test.each([1400, 390])('says the widest figures in one line of legend at %d pixels', async (width) => {
    const page = await room.open({ viewport: { width, height: 1000 } })
    await eventually(() => page.locator('.legend').last().textContent()).toMatch(/\d/)
    const lines = await page.locator('.legend').evaluateAll((legends) =>
      legends.map((legend) => {
        for (const item of legend.children)
          item.textContent = item.textContent.replace(/ [\d.]+(?=$| \w+)/, ' 99.9').replace(/ B/, ' MB')
        return new Set(Array.from(legend.children, (item) => item.getBoundingClientRect().top)).size
      }),
    )
    expect(lines.length).toBeGreaterThan(2)
    expect(new Set(lines)).toEqual(new Set([1]))
  })

  test('tells moments apart on the axis of time', async () => {
    const page = await room.open()
    // Drawn on a canvas: what is written there is noted, each drawing for itself, from left to right.
    await page.evaluate(() => {
      const drawings: string[][] = []
      Object.assign(globalThis, { drawings })
      let right = Infinity
      CanvasRenderingContext2D.prototype.fillText = function (this: CanvasRenderingContext2D, text, x) {
        if (!text.includes(':') || this.canvas.closest('#load-chart') === null) return
        if (x <= right) drawings.push([])
        right = x
        drawings.at(-1)?.push(text)
      }
    })
    // Put there above.
    const drawings = (): Promise<string[][]> =>
      page.evaluate(() => (globalThis as unknown as { drawings: string[][] }).drawings)
    await eventually(async () => (await drawings()).length).toBeGreaterThan(2)
    for (const labels of await drawings()) {
      expect(labels).toEqual([...new Set(labels)])
      // Seconds where labels are less than a minute apart, which depends on how long the room has been watched.
      expect(labels.join(' ')).toMatch(/^(\d\d:\d\d:(00|15|30|45) ?)+$|^(\d\d:\d\d ?)+$/)
    }
  })

  test('is operated by keyboard alone, and every control has a name', async () => {
    const page = await room.open()
    await fill(page)
    const stops = await tabOrder(page)
    const all = await page
      .locator('[data-stop]')
      .evaluateAll((elements) => elements.map((element) => (element as HTMLElement).dataset['stop']))
    expect(all.length).toBeGreaterThan(14)
    expect(stops).toEqual(all)

    const session = await page.context().newCDPSession(page)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const controls = nodes.filter(({ role }) =>
      /^(button|textbox|searchbox|progressbar|img|region|list|log)$/i.test(String(role?.value)),
    )
    expect(controls.length).toBeGreaterThan(20)
    const nameless = controls.filter(({ name }) => String(name?.value ?? '') === '')
    expect(nameless.map(({ role }) => String(role?.value))).toEqual([])
  })
})

// What the page shows and does while the line holds.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@tautline/client'
import type { Page } from 'playwright'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { api, NOTE_LIMIT } from './api.ts'
import { FILE_LIMIT_BYTES } from './handlers.ts'
import { formatBytes } from './page/format.ts'
import { drawnWidth, eventually, hasChromium, useRoom } from './page.fixture.ts'

describe.skipIf(!hasChromium)('the page', () => {
  const room = useRoom()

  test('says which machine it is and what runs the server', async () => {
    const page = await room.open()
    const facts = page.locator('#facts')
    await eventually(() => facts.textContent()).toContain(formatBytes(totalmem()))
    expect(await facts.textContent()).toContain(`served by node ${process.versions.node}`)
  })

  test('draws lines that grow', async () => {
    const page = await room.open()
    for (const chart of ['cpu', 'memory', 'load', 'network']) {
      const width = (): Promise<number> => drawnWidth(page, chart)
      await eventually(width).toBeGreaterThan(0)
      await eventually(width).toBeGreaterThan((await width()) + 5)
    }
  })

  test('says in figures what the charts draw', async () => {
    const page = await room.open()
    const legend = (chart: string): Promise<string | null> =>
      page.locator(`section:has(#${chart}-chart) .legend`).textContent()
    await eventually(() => page.locator('#cpu-now').textContent()).toMatch(/^\d+(\.\d)? %$/)
    await eventually(() => page.locator('#memory-now').textContent()).toBe(`of ${formatBytes(totalmem())}`)
    await eventually(() => legend('memory')).toMatch(/^used [\d.]+ [MGT]Bcached [\d.]+ [KMGT]B$/)
    await eventually(() => legend('network')).toMatch(/^in [\d.]+ [KMG]?Bout [\d.]+ [KMG]?Blocal [\d.]+ [KMG]?B$/)
    // Rounded to one digit below 10, to none above.
    await eventually(async () => {
      const load = Number(/^1 min ([\d.]+)5 min [\d.]+15 min [\d.]+$/.exec((await legend('load')) ?? '')?.[1])
      return Math.abs(load - (loadavg()[0] ?? 0)) < 0.51
    }).toBe(true)
  })

  test.each([
    ['Name', 'ascending', compareTexts],
    ['CPU', 'descending', compareFigures],
    ['Memory', 'descending', compareFigures],
    ['PID', 'descending', compareFigures],
    ['User', 'ascending', compareTexts],
    ['Threads', 'descending', compareFigures],
    // Those that started last have the smallest age.
    ['Started', 'descending', (a: string, b: string) => compareFigures(b, a)],
  ] as const)('sorts processes by %s, first %s, then the other way', async (title, first, compare) => {
    const page = await room.open()
    const heads = page.locator('#process-head th')
    const column = (await heads.allTextContents()).indexOf(title)
    const button = heads.nth(column).getByRole('button')
    const cells = (): Promise<string[]> =>
      page.locator(`#process-rows td:nth-child(${String(column + 1)})`).allTextContents()
    await eventually(async () => (await cells()).length).toBeGreaterThan(5)

    const second = first === 'ascending' ? 'descending' : 'ascending'
    // It begins with CPU: another column is clicked once, CPU not at all.
    if (title !== 'CPU') await button.click()
    for (const order of [first, second]) {
      await eventually(() => heads.nth(column).getAttribute('aria-sort')).toBe(order)
      await eventually(async () => {
        const texts = await cells()
        return texts.every((text, index) => {
          const direction = compare(texts[index - 1] ?? text, text)
          return order === 'ascending' ? direction <= 0 : direction >= 0
        })
      }).toBe(true)
      await button.click()
    }
  })

  test('searches processes by pid and name', async () => {
    const page = await room.open()
    const search = page.getByRole('searchbox', { name: 'Search processes' })
    const pids = page.locator('#process-rows td:nth-child(4)')
    await search.fill(String(process.pid))
    await eventually(() => pids.allTextContents()).toEqual([String(process.pid)])
    await eventually(() => page.locator('#process-count').textContent()).toMatch(/^1 of \d+$/)
    await search.fill('no such process')
    await eventually(() => pids.count()).toBe(0)
    await search.fill('CHROM')
    await eventually(() => page.locator('#process-rows td.name').allTextContents()).toContain('chromium')
  })
})

function compareTexts(a: string, b: string): number {
  return a.localeCompare(b)
}

const FACTORS: Readonly<Record<string, number>> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, min: 60, h: 3600, d: 86_400 }

/** Of numbers with or without units, and of ages. */
function compareFigures(a: string, b: string): number {
  const value = (text: string): number =>
    Array.from(
      text.matchAll(/([\d.]+) ?(\w*)/g),
      ([, figure, unit = '']) => Number(figure) * (FACTORS[unit] ?? 1),
    ).reduce((sum, part) => sum + part, 0)
  return value(a) - value(b)
}

describe.skipIf(!hasChromium)('the board', () => {
  const room = useRoom()
  const notes = (page: Page): Promise<string[]> => page.locator('#note-list li span').allTextContents()

  async function pin(page: Page, text: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Note' }).fill(text)
    await page.getByRole('button', { name: 'Pin' }).click()
  }

  test('shows a note in all tabs with its author, and takes it down in all', async () => {
    const ada = await room.open({ name: 'Ada' })
    const ben = await room.open({ name: 'Ben' })
    await pin(ada, ' the fan rattles <b>badly</b> ')
    await eventually(() => notes(ben)).toEqual(['the fan rattles <b>badly</b>'])
    expect(await ben.locator('#note-list small').textContent()).toMatch(/^Ada · \d\d:\d\d$/)
    expect(await ada.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('')
    await pin(ben, 'oiled')
    await eventually(() => notes(ada)).toEqual(['oiled', 'the fan rattles <b>badly</b>'])

    await ben.getByRole('button', { name: 'Take down: the fan' }).click()
    await eventually(() => notes(ada)).toEqual(['oiled'])
    await eventually(() => notes(ben)).toEqual(['oiled'])
    await ada.getByRole('button', { name: 'Take down: oiled' }).click()
    await eventually(() => ben.locator('#note-list').textContent()).toBe('Nothing here yet.')
  })

  test('says why a note is refused, until one is taken', async () => {
    const page = await room.open()
    const problem = page.getByRole('alert')
    await pin(page, '   ')
    await eventually(() => problem.textContent()).toBe('A note needs a text')
    await pin(page, 'better')
    await eventually(() => problem.isHidden()).toBe(true)
    await page.getByRole('button', { name: 'Take down: better' }).click()
    await eventually(() => notes(page)).toEqual([])
  })

  test('says when it is full', async () => {
    const page = await room.open()
    const client = createClient(api, { url: `${room.url}rpc` })
    const all = await Promise.all(Array.from({ length: NOTE_LIMIT }, () => client.notes.add({ text: 'stack' })))
    await pin(page, 'one more')
    await eventually(() => page.getByRole('alert').textContent()).toBe(
      `The board holds ${String(NOTE_LIMIT)} notes. Take one down first.`,
    )
    expect((await notes(page)).length).toBe(NOTE_LIMIT)
    await Promise.all(all.map(({ id }) => client.notes.remove({ id })))
    await eventually(() => notes(page)).toEqual([])
    await client.$.close()
  })

  test('knows who is here as tabs come and go', async () => {
    const ada = await room.open({ name: 'Ada Lovelace' })
    const here = (): Promise<string | null> => ada.locator('#people').getAttribute('aria-label')
    await eventually(here).toBe('1 here: Ada Lovelace')
    const ben = await room.open({ name: 'Ben' })
    await eventually(here).toBe('2 here: Ada Lovelace, Ben')
    await eventually(() => ben.locator('#people').getAttribute('aria-label')).toBe('2 here: Ada Lovelace, Ben')
    expect(await ada.locator('#people li').allTextContents()).toEqual(['AL', 'B'])
    await ben.close()
    await eventually(here).toBe('1 here: Ada Lovelace')
  })
})

describe.skipIf(!hasChromium)('a file', () => {
  const room = useRoom()
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'machine-room-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Long without filling the disk: all of it is a hole. */
  async function emptyFile(name: string, sizeBytes: number): Promise<string> {
    const path = join(folder, name)
    const file = await open(path, 'w')
    await file.truncate(sizeBytes)
    await file.close()
    return path
  }

  test('is hashed while a bar shows how far it is', async () => {
    const page = await room.open()
    // The bar's values, as it was set to them: looking now and then could miss all but the last.
    await page.evaluate(() => {
      const seen: number[] = []
      Object.assign(globalThis, { seen })
      new MutationObserver((records) => {
        for (const { target } of records) if (target instanceof HTMLProgressElement) seen.push(target.value)
      }).observe(document.body, { subtree: true, attributeFilter: ['value'] })
    })
    const bytes = randomBytes(6_000_000)
    await writeFile(join(folder, 'noise.bin'), bytes)
    await page.locator('#file').setInputFiles(join(folder, 'noise.bin'))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await eventually(() => page.locator('#file-list code').textContent()).toBe(sha256)
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen)
    expect(new Set(seen).size).toBeGreaterThan(5)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(bytes.length)
    expect(await page.locator('#file-list button').count()).toBe(0)
  })

  test('is left where it is when it is stopped, and the next one is hashed', async () => {
    const page = await room.open()
    await page.locator('#file').setInputFiles(await emptyFile('huge.img', 2 * 1024 ** 3))
    const bar = page.getByRole('progressbar', { name: 'Hashed of huge.img' })
    await eventually(() => bar.evaluate((element) => (element as HTMLProgressElement).value)).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Stop hashing huge.img' }).click()
    await eventually(() => page.locator('#file-list li').textContent()).toBe('huge.imgStopped.')
    expect(await bar.count()).toBe(0)

    await page.locator('#file').setInputFiles(await emptyFile('empty.txt', 0))
    const sha256 = createHash('sha256').digest('hex')
    await eventually(() => page.locator('#file-list li').allTextContents()).toEqual([
      expect.stringMatching(new RegExp(`^empty\\.txt0 B · .*${sha256}$`)),
      'huge.imgStopped.',
    ])
  })

  test('that is too large is refused with the limit', async () => {
    const page = await room.open()
    await page.locator('#file').setInputFiles(await emptyFile('vast.img', FILE_LIMIT_BYTES + 1))
    await eventually(() => page.locator('#file-list li').textContent()).toBe(
      'vast.imgThe room takes files up to 4.0 GB.',
    )
  })
})

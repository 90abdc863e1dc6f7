import { afterEach, expect, test, vi } from 'vitest'
import { browserSignals, type PageSignal } from './page-signals.ts'

/** Stands in for the globals of a page. */
function pretendPage(onLine: boolean) {
  const page = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('document', document)
  vi.stubGlobal('navigator', { onLine })
  return { page, document }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('tells of the network and of waking up, until it is ended', () => {
  const { page, document } = pretendPage(true)
  const signals: PageSignal[] = []
  const end = browserSignals((signal) => signals.push(signal))
  page.dispatchEvent(new Event('offline'))
  page.dispatchEvent(new Event('online'))
  page.dispatchEvent(new Event('pageshow'))
  document.visibilityState = 'hidden'
  document.dispatchEvent(new Event('visibilitychange'))
  document.visibilityState = 'visible'
  document.dispatchEvent(new Event('visibilitychange'))
  expect(signals).toEqual(['offline', 'online', 'wake', 'wake'])
  end()
  page.dispatchEvent(new Event('offline'))
  document.dispatchEvent(new Event('visibilitychange'))
  expect(signals).toHaveLength(4)
})

test('begins with what is so already', () => {
  pretendPage(false)
  const signals: PageSignal[] = []
  browserSignals((signal) => signals.push(signal))()
  expect(signals).toEqual(['offline'])
})

test('is silent where there is no page', () => {
  vi.stubGlobal('addEventListener', undefined)
  vi.stubGlobal('document', undefined)
  vi.stubGlobal('navigator', undefined)
  const signals: PageSignal[] = []
  browserSignals((signal) => signals.push(signal))()
  expect(signals).toEqual([])
})

/**
 * What the platform tells of the network and of waking up.
 *
 * Owns: which events of browsers mean what. Must not know: what a client does about it.
 */

/** `wake`: this page may have slept, so what it believes of its connection may be old. */
export type PageSignal = 'online' | 'offline' | 'wake'

/**
 * Calls `listener` with what happens, beginning with `offline` where that is so now. Returns what ends it. Hosts with
 * signals of their own, such as React Native, bring their own function.
 */
export type PageSignals = (listener: (signal: PageSignal) => void) => () => void

/** The events of pages and workers. Where there are none, as in Node, nothing is ever told. */
export const browserSignals: PageSignals = (listener) => {
  const scope = globalThis as Partial<EventTarget> & {
    readonly document?: EventTarget & { readonly visibilityState: string }
    readonly navigator?: { readonly onLine?: boolean }
  }
  const { document, navigator } = scope
  const ended = new AbortController()
  const options = { signal: ended.signal }
  const on = (type: string, signal: PageSignal): void => {
    scope.addEventListener?.(type, () => listener(signal), options)
  }
  on('online', 'online')
  on('offline', 'offline')
  on('pageshow', 'wake')
  document?.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') listener('wake')
    },
    options,
  )
  if (navigator?.onLine === false) listener('offline')
  // With a reason: without one, a DOMException is made.
  return () => ended.abort('ended')
}

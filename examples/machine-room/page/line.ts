import { byId, make } from './dom.ts'
import { formatBytes } from './format.ts'
import type { RoomClient } from './main.ts'

const REFRESH_MS = 500
const LOG_LINES = 50

/** The state of the line: a badge, a banner while it is down, its figures, and a button to cut it. */
export function showLine(client: RoomClient): void {
  const badge = byId('state', HTMLButtonElement)
  const badgeText = byId('state-text', HTMLSpanElement)
  const banner = byId('banner', HTMLDivElement)
  const bannerText = byId('banner-text', HTMLSpanElement)
  const facts = byId('line-facts', HTMLDListElement)
  const log = byId('line-log', HTMLOListElement)

  const drawBanner = (): void => {
    const status = client.$.status
    banner.hidden = status.state === 'connected' || status.state === 'idle'
    if (banner.hidden) return
    const waitMs = status.nextAttemptAt === undefined ? undefined : status.nextAttemptAt - performance.now()
    if (status.state === 'closed')
      bannerText.textContent = `The line is closed: ${status.reason}. Reload the page to open it again.`
    else if (status.state === 'offline')
      bannerText.textContent = 'This device is offline. The line comes back with the network.'
    else if (waitMs !== undefined && waitMs > 0)
      bannerText.textContent = `The line is down. Trying again in ${String(Math.ceil(waitMs / 1000))} s.`
    else
      bannerText.textContent = status.state === 'connecting' ? 'Opening the line…' : 'The line is down. Trying again…'
  }
  const drawFacts = (): void => {
    const status = client.$.status
    const stats = client.$.stats()
    const rows: readonly (readonly [string, string])[] = [
      ['Transport', status.transport ?? 'none'],
      ['Round trip', stats.roundTripMs === undefined ? 'not measured' : `${stats.roundTripMs.toFixed(1)} ms`],
      ['Received', packed(stats.received)],
      ['Sent', packed(stats.sent)],
      ['Messages in / out', `${String(stats.received.messages)} / ${String(stats.sent.messages)}`],
      ['Reconnects', String(stats.reconnects)],
    ]
    facts.replaceChildren(
      ...rows.map(([title, value]) => {
        const row = make('div')
        row.append(make('dt', { text: title }), make('dd', { text: value }))
        return row
      }),
    )
    facts.dataset['reconnects'] = String(stats.reconnects)
  }
  const note = (text: string): void => {
    const line = make('li')
    line.append(make('time', { text: new Date().toLocaleTimeString() }), text)
    log.prepend(line)
    while (log.children.length > LOG_LINES) log.lastElementChild?.remove()
  }

  client.$.onStatus((status) => {
    badge.dataset['state'] = status.state
    badgeText.textContent = status.state
    note(`${status.state}: ${status.reason}${status.attempt > 1 ? `, attempt ${String(status.attempt)}` : ''}`)
    drawBanner()
    drawFacts()
  })
  badge.dataset['state'] = client.$.status.state
  badgeText.textContent = client.$.status.state
  badge.addEventListener('click', () => {
    byId('line', HTMLElement).scrollIntoView({ behavior: 'smooth' })
  })
  byId('banner-retry', HTMLButtonElement).addEventListener('click', () => {
    client.$.reconnect()
  })
  byId('cut', HTMLButtonElement).addEventListener('click', () => {
    note('cutting the socket under the line')
    void client.line.cut({ afterMs: 100 }).result()
  })
  setInterval(() => {
    drawBanner()
    drawFacts()
  }, REFRESH_MS)
  drawBanner()
  drawFacts()
}

function packed(traffic: { readonly bodyBytes: number; readonly wireBytes: number }): string {
  if (traffic.bodyBytes === traffic.wireBytes) return formatBytes(traffic.wireBytes)
  return `${formatBytes(traffic.wireBytes)} for ${formatBytes(traffic.bodyBytes)}`
}

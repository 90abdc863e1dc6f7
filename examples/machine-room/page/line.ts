import type { ClientStatus, Traffic } from '@tautline/client'
import { byId, make } from './dom.ts'
import { formatBytes, formatClock } from './format.ts'
import type { RoomClient } from './main.ts'

const REFRESH_MS = 500
const LOG_LINES = 12

/** `client.$`: the state of the line as a badge, a banner while it is down, its figures, and a button to cut it. */
export function showLine(client: RoomClient): void {
  client.$.onStatus((status) => {
    drawBadge(status)
    drawBanner(status)
    drawFacts(client)
    log(`${status.state}: ${status.reason}${status.attempt > 1 ? `, attempt ${String(status.attempt)}` : ''}`)
  })
  // What counts by itself: the seconds to the next attempt, bytes and messages.
  const refresh = (): void => {
    drawBanner(client.$.status)
    drawFacts(client)
  }
  setInterval(refresh, REFRESH_MS)
  refresh()
  drawBadge(client.$.status)

  byId('state', HTMLButtonElement).addEventListener('click', () => {
    byId('line', HTMLElement).scrollIntoView({ behavior: 'smooth' })
  })
  byId('banner-retry', HTMLButtonElement).addEventListener('click', () => {
    client.$.reconnect()
  })
  byId('cut', HTMLButtonElement).addEventListener('click', () => {
    log('asking the server to cut the socket')
    void client.line.cut({ afterMs: 100 }).result()
  })
}

function drawBadge({ state }: ClientStatus): void {
  byId('state', HTMLButtonElement).dataset['state'] = state
  byId('state-text', HTMLSpanElement).textContent = state
}

function drawBanner(status: ClientStatus): void {
  byId('banner', HTMLDivElement).hidden = ['idle', 'connecting', 'connected'].includes(status.state)
  const text = byId('banner-text', HTMLSpanElement)
  const news = bannerText(status)
  // Written only when it is news: it is read out.
  if (text.textContent !== news) text.textContent = news
  const waitMs = (status.nextAttemptAt ?? 0) - performance.now()
  byId('banner-wait', HTMLSpanElement).textContent = waitMs > 0 ? ` in ${String(Math.ceil(waitMs / 1000))} s` : ''
}

function bannerText({ state, reason }: ClientStatus): string {
  if (state === 'closed') return `The line is closed: ${reason}. Reload the page to open it again.`
  if (state === 'suspended') return `The line is down: ${reason}.`
  if (state === 'offline') return 'This device is offline. The line comes back with the network.'
  return 'The line is down. Trying again'
}

function drawFacts(client: RoomClient): void {
  const { transport } = client.$.status
  const { roundTripMs, received, sent, reconnects } = client.$.stats()
  const facts: readonly (readonly [title: string, value: string, detail?: string])[] = [
    ['Transport', transport ?? 'none'],
    ['Round trip', roundTripMs === undefined ? 'not measured' : `${roundTripMs.toFixed(1)} ms`],
    ['Received', formatBytes(received.wireBytes), deflated(received)],
    ['Sent', formatBytes(sent.wireBytes), deflated(sent)],
    ['Messages in / out', `${String(received.messages)} / ${String(sent.messages)}`],
    ['Reconnects', String(reconnects)],
  ]
  byId('line-facts', HTMLDListElement).replaceChildren(
    ...facts.map(([title, value, detail = '']) => {
      const row = make('div')
      const figure = make('dd', { text: value })
      figure.append(make('small', { text: detail }))
      row.append(make('dt', { text: title }), figure)
      return row
    }),
  )
}

/** Short messages are not compressed, and each has a header of its own: a quiet line may have nothing to show here. */
function deflated({ wireBytes, bodyBytes }: Traffic): string {
  return wireBytes < bodyBytes ? ` for ${formatBytes(bodyBytes)}` : ''
}

function log(text: string): void {
  const lines = byId('line-log', HTMLOListElement)
  const line = make('li')
  line.append(make('time', { text: formatClock(new Date(), true) }), text)
  lines.prepend(line)
  while (lines.children.length > LOG_LINES) lines.lastElementChild?.remove()
}

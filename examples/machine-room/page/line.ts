import type { ClientStatus, Traffic } from '@tautline/client'
import { byId, make } from './dom.ts'
import { formatBytes, formatClock, formatTransport } from './format.ts'
import { describeChange } from './line-change.ts'
import type { RoomClient } from './main.ts'

const REFRESH_MS = 500
const LOG_LINES = 12

/** `client.$`: state and transport as badges, the figures of the line, what happened to it, and a button to cut it. */
export function showLine(client: RoomClient): void {
  let before = client.$.status
  client.$.onStatus((status) => {
    drawBadges(status)
    drawFacts(client)
    log(describeChange(before, status, performance.now()))
    before = status
  })
  // What counts by itself: bytes and messages.
  const refresh = (): void => {
    drawFacts(client)
  }
  setInterval(refresh, REFRESH_MS)
  refresh()
  drawBadges(before)

  byId('state', HTMLButtonElement).addEventListener('click', () => {
    byId('line', HTMLElement).scrollIntoView({ behavior: 'smooth' })
  })
  byId('cut', HTMLButtonElement).addEventListener('click', () => {
    log('asking the server to cut the socket')
    void client.line.cut({ afterMs: 100 }).result()
  })
}

function drawBadges({ state, transport }: ClientStatus): void {
  byId('state', HTMLButtonElement).dataset['state'] = state
  byId('state-text', HTMLSpanElement).textContent = state
  const badge = byId('transport', HTMLSpanElement)
  badge.hidden = transport === undefined
  badge.textContent = formatTransport(transport ?? '')
}

function drawFacts(client: RoomClient): void {
  const { transport } = client.$.status
  const { roundTripMs, received, sent, reconnects } = client.$.stats()
  const facts: readonly (readonly [title: string, value: string, detail?: string])[] = [
    ['Transport', transport === undefined ? 'none' : formatTransport(transport)],
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

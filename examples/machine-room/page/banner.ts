import { type ClientStatus, describeStatus, type StatusDescription } from '@tautline/client'
import { byId } from './dom.ts'
import type { RoomClient } from './main.ts'

/** The seconds change in between: looked at twice as often. */
const REFRESH_MS = 500

/** What the visitor must know of the line, in the words of `describeStatus`, with a button where it is of use. */
export function showBanner(client: RoomClient): void {
  const draw = (): void => {
    drawBanner(client.$.status, describeStatus(client.$.status, { now: performance.now() }))
  }
  client.$.onStatus(draw)
  setInterval(draw, REFRESH_MS)
  draw()
  byId('banner-retry', HTMLButtonElement).addEventListener('click', () => {
    client.$.reconnect()
  })
}

function drawBanner({ attempt }: ClientStatus, { kind, title, detail, tone, canRetry }: StatusDescription): void {
  const banner = byId('banner', HTMLDivElement)
  // The first attempt of a visit seldom takes long enough to read of it.
  banner.hidden = tone === 'none' || (kind === 'connecting' && attempt === 1)
  banner.dataset['tone'] = tone
  write('banner-title', title)
  // What is counted down is not read out each second.
  write('banner-detail', kind === 'retrying' ? '' : detail)
  write('banner-wait', kind === 'retrying' ? detail : '')
  const retry = byId('banner-retry', HTMLButtonElement)
  // During an attempt it stays where it is, so that whoever pressed it keeps the focus.
  retry.hidden = !canRetry && kind !== 'reconnecting' && kind !== 'connecting'
  retry.ariaDisabled = String(!canRetry)
}

/** Only what is news: it is read out. */
function write(id: string, text: string): void {
  const element = byId(id, HTMLParagraphElement)
  if (element.textContent !== text) element.textContent = text
}

import { createValueCodec } from '../protocol/value-codec.ts'
import type { ItemRoom, SessionLink } from './link.ts'

/** A link that writes down what is asked of it. Credit is a number that the test sets. */
export interface RecordingLink extends SessionLink {
  readonly log: string[]
  items: number
  unsentFrom: number
  /** What was collected is sent. */
  endTurn(): void
}

const ENDLESS: ItemRoom = { items: 0, bytes: Number.POSITIVE_INFINITY, batchBytes: Number.POSITIVE_INFINITY }

export function createRecordingLink(): RecordingLink {
  const log: string[] = []
  const note = (line: string): void => {
    log.push(line)
  }
  const codec = createValueCodec()
  const flushes: (() => void)[] = []
  let nextId = 1
  const link: RecordingLink = {
    log,
    items: Number.POSITIVE_INFINITY,
    unsentFrom: Number.POSITIVE_INFINITY,
    nextId() {
      const id = nextId
      nextId += 2
      return id
    },
    call: ({ id, procedure }) => note(`call ${id} ${procedure}`),
    open: ({ id, procedure }) => note(`open ${id} ${procedure}`),
    listen: ({ id, event }) => note(`listen ${id} ${event}`),
    cancel: (id) => note(`cancel ${id}`),
    isUnsent: (id) => id >= link.unsentFrom,
    succeed: (id) => note(`succeed ${id}`),
    fail: (id, { code }) => note(`fail ${id} ${code}`),
    itemRoom: () => (link.items > 0 ? { ...ENDLESS, items: link.items } : undefined),
    sendItems(id, { count, values }) {
      link.items -= count
      note(`items ${id} ${JSON.stringify(codec.decodeList(values, count))}`)
    },
    itemsCollected: () => true,
    collect: (flush) => void flushes.push(flush),
    endTurn() {
      for (const flush of flushes.splice(0)) flush()
    },
    sendEnd: (id) => note(`end ${id}`),
    hasRoom: () => true,
    itemsConsumed: (id, { items, bytes }) => note(`consumed ${id} ${items} ${bytes}`),
    sendPlain: (id) => note(`plain ${id}`),
  }
  return link
}

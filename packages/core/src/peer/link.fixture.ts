import type { SessionLink } from './link.ts'

/** A link that writes down what is asked of it. Credit is a number that the test sets. */
export interface RecordingLink extends SessionLink {
  readonly log: string[]
  items: number
  unsentFrom: number
}

export function createRecordingLink(): RecordingLink {
  const log: string[] = []
  const note = (line: string): void => {
    log.push(line)
  }
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
    canSendItem: () => link.items > 0,
    sendItem(id, value) {
      link.items--
      note(`item ${id} ${value[0]}`)
    },
    sendEnd: (id) => note(`end ${id}`),
    hasRoom: () => true,
    itemConsumed: (id, byteLength) => note(`consumed ${id} ${byteLength}`),
    sendPlain: (id) => note(`plain ${id}`),
  }
  return link
}

import { encode } from '@msgpack/msgpack'
import { tableOf, tickOf, todoOf } from '../../workload.ts'

/** The first byte says what a message is; the rest was made beforehand and is never looked at. */
export const Kind = { Get: 0, Table: 1, Echo: 2, Stream: 3, SubscribeTick: 4, SubscribeRows: 5, End: 6 } as const

export function prepare(kind: number, value?: unknown): Uint8Array {
  const body = value === undefined ? new Uint8Array() : encode(value)
  const message = new Uint8Array(1 + body.length)
  message[0] = kind
  message.set(body, 1)
  return message
}

export const SAMPLE_ID = 't12345'

/** As long as those that `ws-msgpack` exchanges, so that the sockets have the same to carry. */
export const prepareAnswers = (): Readonly<Record<'todo' | 'table' | 'item', Uint8Array>> => ({
  todo: prepare(Kind.Get, todoOf(SAMPLE_ID)),
  table: prepare(Kind.Table, tableOf()),
  item: prepare(Kind.Stream, tickOf(50_000)),
})

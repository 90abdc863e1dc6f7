/*
 * What travels, the same for every subject. All of it is made from numbers, so that both ends, in whatever process, have the
 * same without sending it. Servers validate what they are given and what they answer where their library does so.
 */

/** What `get` answers: six fields. */
export interface Todo {
  readonly id: string
  readonly title: string
  readonly done: boolean
  readonly priority: number
  readonly owner: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** One of the rows that `table` answers. */
export interface Row {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly quantity: number
  readonly active: boolean
  /** Milliseconds since 1970. */
  readonly updatedAt: number
}

/** What streams and events carry. */
export interface Tick {
  readonly at: number
  readonly value: number
}

const START = Date.UTC(2026, 0, 1)
const OWNERS = ['ada', 'grace', 'edsger', 'barbara']
const NAMES = ['anchor', 'bollard', 'capstan', 'davit', 'fairlead', 'halyard', 'lanyard', 'shackle']

export const ROW_COUNT = 1_000

export const todoOf = (id: string): Todo => ({
  id,
  title: 'Splice the mainbrace',
  done: false,
  priority: 3,
  owner: OWNERS[id.length % OWNERS.length] ?? '',
  createdAt: START + id.length * 1_000,
})

export const idOf = (n: number): string => `t${n % 100_000}`

const rowOf = (n: number): Row => ({
  id: n,
  name: `${NAMES[n % NAMES.length] ?? ''} ${n}`,
  price: ((n * 7_919) % 100_000) / 100,
  quantity: (n * 31) % 500,
  active: n % 3 !== 0,
  updatedAt: START + n * 61_000,
})

export const tableOf = (count: number = ROW_COUNT): Row[] => Array.from({ length: count }, (_, n) => rowOf(n))

/** A larger event, worth compressing: what a dashboard is told when some of its rows have changed. */
export const rowsOf = (publish: number): Row[] => Array.from({ length: 50 }, (_, n) => rowOf(publish * 50 + n))

export const tickOf = (n: number): Tick => ({ at: n, value: (n * 7_919) % 1_000 })

/** Bytes that do not compress and are the same each time: a linear congruential generator. */
export function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

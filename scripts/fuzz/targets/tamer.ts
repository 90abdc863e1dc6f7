import { Encoder } from '@msgpack/msgpack'
import { numberLeaf, parseTrees, type Tree, writeTrees } from '../message-pack-tree.ts'

const encoder = new Encoder()

/** What is larger goes as it is, as if it had one counted frame: to take it apart would take longer than the packages do. */
const PARSED_BYTES = 64 * 1024

const FIRST_UNCOUNTED = 64
const ASKING: ReadonlySet<number> = new Set([1, 2, 9])
const FOLLOWING: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8])

/**
 * Puts numbers into messages that are right where they are, so that what is mutated gets behind the door. What is sent stays
 * wrong in all other respects.
 */
export class Tamer {
  #seq = 0
  #nextId: number
  readonly #asked: number[] = []

  /** @param firstId 1 for a client, 2 for a server */
  constructor(firstId: 1 | 2) {
    this.#nextId = firstId
  }

  /** Frames of one body, behind the header that is due. */
  message(body: Uint8Array, ack: number): Uint8Array {
    const count = body.byteLength > PARSED_BYTES ? 1 : countedIn(parseTrees(body, 0)[0])
    const header = encoder.encode([count === 0 ? 0 : this.#seq + 1, count, ack])
    this.#seq += count
    return joined(header, body)
  }

  /** As `message`, with ids in place of those that are there: the next one for a request, a known one for what follows. */
  renumbered(body: Uint8Array, ack: number, others: readonly number[]): Uint8Array {
    if (body.byteLength > PARSED_BYTES) return this.message(body, ack)
    const trees = parseTrees(body, 0)
    const [frames] = trees
    if (frames?.type === 'array') for (const frame of frames.items) this.#renumber(frame, others)
    return this.message(writeTrees(NOTHING, trees), ack)
  }

  #renumber(frame: Tree, others: readonly number[]): void {
    if (frame.type !== 'array' || frame.items.length < 2) return
    const type = numberOf(frame.items[0]) ?? -1
    const id = ASKING.has(type) ? this.#ask() : FOLLOWING.has(type) ? this.#follow(frame, others) : undefined
    if (id !== undefined) frame.items[1] = numberLeaf(id)
  }

  #ask(): number {
    const id = this.#nextId
    this.#nextId += 2
    this.#asked.push(id)
    return id
  }

  #follow(frame: Tree & { readonly items: Tree[] }, others: readonly number[]): number | undefined {
    const known = [...this.#asked.slice(-8), ...others.slice(-8)]
    return known[(numberOf(frame.items[1]) ?? 0) % known.length]
  }
}

const NOTHING = new Uint8Array()

function countedIn(frames: Tree | undefined): number {
  if (frames?.type !== 'array') return 0
  return frames.items.filter((frame) => {
    const type = frame.type === 'array' ? numberOf(frame.items[0]) : undefined
    return type !== undefined && type < FIRST_UNCOUNTED
  }).length
}

/** Of a small integer. */
function numberOf(tree: Tree | undefined): number | undefined {
  if (tree?.type !== 'leaf') return undefined
  const [head = 0xc0, byte] = tree.bytes
  if (head < 0x80) return head
  return head === 0xcc ? byte : undefined
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.byteLength + b.byteLength)
  out.set(a)
  out.set(b, a.byteLength)
  return out
}

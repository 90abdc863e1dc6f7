import type { Random } from '@tautline/core/io'
import type { FuzzInput, FuzzTarget } from './fuzz-target.ts'
import { numberLeaf, parseTrees, placesOf, type Tree, writeTrees } from './message-pack-tree.ts'

/** Bytes where MessagePack changes its mind, and types of frames. */
const TELLING_BYTES: readonly number[] = Array.from(
  Buffer.from(
    (
      '00 01 02 03 04 05 06 07 08 09 0a 20 40 41 42 43 44 45 46 47 48 50 5f 60 7f 80 81 8f 90 91 92 93 9f a0 a1 bf c0 c1 c2 c3 ' +
      'c4 c5 c6 c7 c8 c9 ca cb cc cd ce cf d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 da db dc dd de df e0 ff'
    ).replaceAll(' ', ''),
    'hex',
  ),
)

/** Of the protocol's own extensions: undefined, -0, bigints, dates, typed arrays, a Map and a Set. */
const EXTENSIONS =
  'd40200 d40201 c70003 d403ff c70903010000000000000000 d6ff00000001 d7ff00000000ffffffff d50601ff c7050a000000000000 ' +
  'c70106 c7030492a161 c7010490 c7020591c0 d70609000000000000f07f'

/** Numbers at their edges, and in more bytes than they need. */
const NUMBERS =
  'cf001fffffffffffff cf0020000000000000 d3ffe0000000000001 d38000000000000000 cb7ff8000000000000 cb7ff0000000000000 ' +
  'cb8000000000000000 ca00000000 cc00 cd0000 ce00000000 d000 cf0000000000000000'

/** Text that is not UTF-8, is no character, or is a name with a meaning in JavaScript. */
const TEXTS =
  'a1ff a2c080 a3eda080 a4f4908080 a3efbbbf a95f5f70726f746f5f5f ab636f6e7374727563746f72 a9746f537472696e67 ' +
  'a870726f746f74797065 ae6861734f776e50726f7065727479 a47468656e a96c656e677468 a0'

/** Lengths that nothing stands behind, and what is as short as it can be. */
const LENGTHS =
  'dd00989680 df00989680 c6ffffffff dbffffffff c9ffffffff04 dcffff deffff dd0001869f 81a0 81a0c0 80 90 c0 c2 c3 c400 c40101'

const LEAVES: readonly Uint8Array[] = `${EXTENSIONS} ${NUMBERS} ${TEXTS} ${LENGTHS}`
  .split(' ')
  .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))

/** Steps past this do not go on to be changed. */
const KEPT_BYTES = 1024

/** Makes inputs of inputs. */
export class Mutation {
  readonly #random: Random
  readonly #target: Pick<FuzzTarget, 'headBytes' | 'maxSteps' | 'longestBytes'>

  constructor(random: Random, target: Pick<FuzzTarget, 'headBytes' | 'maxSteps' | 'longestBytes'>) {
    this.#random = random
    this.#target = target
  }

  /** Whether an input is small enough to go on from. */
  isKept(input: FuzzInput): boolean {
    return input.reduce((sum, step) => sum + step.byteLength, 0) <= KEPT_BYTES
  }

  /** @param donor an input whose parts may come in */
  mutate(input: FuzzInput, donor: FuzzInput): FuzzInput {
    const steps = [...input]
    for (let times = 1 + this.#below(this.#chance(0.2) ? 6 : 2); times > 0; times -= 1) {
      if (this.#target.maxSteps > 1 && this.#chance(0.3)) this.#mutateSteps(steps, donor)
      else {
        const at = this.#below(steps.length)
        const step = steps[at]
        if (step !== undefined) steps[at] = this.#mutateStep(step, this.#pick(donor) ?? step)
      }
    }
    if (this.#chance(0.0001)) {
      const at = this.#below(steps.length)
      steps[at] = this.#lengthen(steps[at] ?? new Uint8Array())
    }
    return steps.slice(0, this.#target.maxSteps)
  }

  #mutateSteps(steps: Uint8Array[], donor: FuzzInput): void {
    const at = this.#below(steps.length)
    const from = this.#below(donor.length)
    switch (this.#below(6)) {
      case 0:
        steps.splice(at, 1)
        if (steps.length === 0) steps.push(new Uint8Array(this.#target.headBytes))
        return
      case 1:
        steps.splice(at, 0, steps[at] ?? new Uint8Array())
        return
      case 2:
        steps.splice(at, 0, ...donor.slice(from, from + 1 + this.#below(3)))
        return
      case 3:
        steps.splice(at, steps.length, ...donor.slice(from))
        return
      case 4:
        steps.push(...donor.slice(from, from + 1))
        return
      default: {
        const other = this.#below(steps.length)
        const step = steps[at]
        if (step !== undefined && steps[other] !== undefined) [steps[at], steps[other]] = [steps[other], step]
      }
    }
  }

  #mutateStep(step: Uint8Array, donor: Uint8Array): Uint8Array {
    const { headBytes } = this.#target
    if (headBytes > 0 && this.#chance(0.1)) {
      const changed = step.slice()
      changed[this.#below(headBytes)] = this.#chance(0.8) ? this.#below(64) : this.#below(256)
      return changed
    }
    return this.#chance(0.55) ? this.#mutateTrees(step, donor) : this.#mutateBytes(step, donor)
  }

  #mutateTrees(step: Uint8Array, donor: Uint8Array): Uint8Array {
    const { headBytes } = this.#target
    const trees = parseTrees(step, headBytes)
    const places = placesOf(trees)
    const place = this.#pick(places)
    if (place === undefined) return this.#mutateBytes(step, donor)
    const { list, index } = place
    const tree = list[index]!
    switch (this.#below(12)) {
      case 0:
      case 1:
        list[index] = this.#freshLeaf()
        break
      case 2:
        list[index] = this.#anyOf(parseTrees(donor, headBytes)) ?? tree
        break
      case 3: {
        const other = this.#pick(places)
        if (other !== undefined) list[index] = copyOf(other.list[other.index] ?? tree)
        break
      }
      case 4:
        list.splice(index, 1)
        break
      case 5:
        list.splice(index, 0, copyOf(tree))
        break
      case 6:
        list.splice(
          index,
          0,
          this.#chance(0.5) ? this.#freshLeaf() : (this.#anyOf(parseTrees(donor, headBytes)) ?? tree),
        )
        break
      case 7: {
        const other = this.#below(list.length)
        list[index] = list[other]!
        list[other] = tree
        break
      }
      case 8:
        list[index] = this.#wrapped(tree)
        break
      case 9:
        if (tree.type !== 'leaf') tree.lie += this.#pick([-1, 1, 1, 2, 15, 255, 65_535, 99_999_999]) ?? 1
        else list[index] = this.#nudged(tree.bytes)
        break
      case 10:
        for (let times = this.#below(40); times > 0; times -= 1) list.splice(index, 0, copyOf(tree))
        break
      default:
        list[index] = tree.type === 'leaf' ? this.#nudged(tree.bytes) : { ...tree, type: 'array', lie: 0 }
    }
    return writeTrees(step.subarray(0, headBytes), trees)
  }

  #mutateBytes(step: Uint8Array, donor: Uint8Array): Uint8Array {
    const { headBytes } = this.#target
    const at = headBytes + this.#below(Math.max(1, step.byteLength - headBytes))
    switch (this.#below(7)) {
      case 0:
        return replaced(step, { at, removed: 1, by: Uint8Array.of(this.#byte()) })
      case 1:
        return replaced(step, { at, removed: 1, by: Uint8Array.of((step[at] ?? 0) ^ (1 << this.#below(8))) })
      case 2:
        return replaced(step, { at, removed: 0, by: Uint8Array.of(this.#byte()) })
      case 3:
        return replaced(step, { at, removed: 1 + this.#below(4), by: NOTHING })
      case 4:
        return step.slice(0, at)
      case 5:
        return replaced(step, { at, removed: 0, by: step.subarray(at, at + 1 + this.#below(32)) })
      default: {
        const from = this.#below(donor.byteLength)
        return replaced(step, { at, removed: this.#below(8), by: donor.subarray(from, from + 1 + this.#below(16)) })
      }
    }
  }

  /** One part of it, as often as there is room for. */
  #lengthen(step: Uint8Array): Uint8Array {
    const { headBytes, longestBytes } = this.#target
    const trees = parseTrees(step, headBytes)
    const place = this.#pick(placesOf(trees))
    const tree = place?.list[place.index]
    if (place === undefined || tree === undefined) return step
    const piece = writeTrees(NOTHING, [tree])
    const room = Math.min(longestBytes, 1024 * 2 ** this.#below(11)) - step.byteLength
    const times = Math.floor(room / Math.max(1, piece.byteLength))
    if (times > 0) place.list.splice(place.index, 0, ...Array.from({ length: Math.min(times, 100_000) }, () => tree))
    const out = writeTrees(step.subarray(0, headBytes), trees)
    return out.byteLength <= longestBytes ? out : step
  }

  #wrapped(tree: Tree): Tree {
    switch (this.#below(4)) {
      case 0:
        return { type: 'array', items: [tree], lie: 0 }
      case 1:
        return { type: 'map', items: [{ type: 'leaf', bytes: Uint8Array.of(0xa1, 0x61) }, tree], lie: 0 }
      case 2:
        return { type: 'extension', code: 5, items: [{ type: 'array', items: [tree], lie: 0 }], lie: 0 }
      default:
        return { type: 'extension', code: 4, items: [{ type: 'array', items: [tree, copyOf(tree)], lie: 0 }], lie: 0 }
    }
  }

  /** A number near it, or one of its bytes changed. */
  #nudged(bytes: Uint8Array): Tree {
    const head = bytes[0] ?? 0
    if (bytes.byteLength === 1 && (head < 0x80 || head >= 0xe0)) {
      const number = (head << 24) >> 24
      return numberLeaf(number + (this.#pick([-2, -1, 1, 2, 16, 128, 1000]) ?? 1))
    }
    const changed = bytes.slice()
    changed[this.#below(changed.length)] = this.#byte()
    return { type: 'leaf', bytes: changed }
  }

  #freshLeaf(): Tree {
    if (this.#chance(0.7)) return { type: 'leaf', bytes: this.#pick(LEAVES) ?? NOTHING }
    if (this.#chance(0.5)) return numberLeaf(this.#below(300))
    return numberLeaf(Math.floor((this.#random() - 0.5) * 2 ** this.#below(64)))
  }

  #anyOf(trees: Tree[]): Tree | undefined {
    const place = this.#pick(placesOf(trees))
    return place?.list[place.index]
  }

  #byte(): number {
    return this.#chance(0.7) ? (this.#pick(TELLING_BYTES) ?? 0) : this.#below(256)
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#below(from.length)]
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #chance(p: number): boolean {
    return this.#random() < p
  }
}

const NOTHING = new Uint8Array()

interface Replacement {
  readonly at: number
  readonly removed: number
  readonly by: Uint8Array
}

function replaced(bytes: Uint8Array, { at, removed, by }: Replacement): Uint8Array {
  const front = bytes.subarray(0, at)
  const rest = bytes.subarray(at + removed)
  const out = new Uint8Array(front.byteLength + by.byteLength + rest.byteLength)
  out.set(front)
  out.set(by, front.byteLength)
  out.set(rest, front.byteLength + by.byteLength)
  return out
}

/** So that what is changed in one place stays in the other. */
function copyOf(tree: Tree): Tree {
  return tree.type === 'leaf' ? tree : { ...tree, items: tree.items.map(copyOf) }
}

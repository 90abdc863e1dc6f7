import type { CalleeEffect } from '../session/effect.ts'
import { IdTable } from '../session/id-table.ts'
import type { StreamEffect } from './link.ts'

/*
 * What a peer has asked for and what has not begun: one connection has so much of a turn of the event loop and no more,
 * then those that have come in over others have theirs. What waits is bounded by the places of the peer, since the
 * session has counted it already; so a cancel or a deadline finds it here, and it never begins.
 *
 * Owns: what waits, in the order in which it came, and how much of the turn is spent. Must not know: handlers, answers.
 */

export type Request = Extract<CalleeEffect, { readonly type: 'call' | 'open' | 'listen' }>

/** Runs what has its turn. */
export interface RequestRunner {
  /** Whether all is done that it has begun. */
  readonly isIdle: boolean
  begin(request: Request): void
  /** Of a stream that has begun. */
  follow(effect: StreamEffect): void
}

/** Of the clock. */
export interface Turns {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Runs a task once what has come in meanwhile was looked at. Left out: everything begins at once. */
  readonly nextTurn?: ((task: () => void) => void) | undefined
  /** Runs a task when the microtasks of what runs now are done. Left out where the platform cannot. */
  readonly afterMicrotasks?: ((task: () => void) => void) | undefined
}

/** Spent on handlers of one connection, others come first. */
const TURN_MS = 1
/** Begun in one turn at most. Few at first, for nobody knows what handlers do behind their first `await`. */
const BEGUN = { first: 4, most: 64 }

/** When what was begun together has taken too long, or could have been more; and what it is cut to. */
interface Measures {
  readonly longMs: number
  readonly shortMs: number
  readonly cutToMs: number
}
/** Of what this connection has begun, with what its handlers did behind an `await` in the same turn. */
const OWN: Measures = { longMs: 1.5 * TURN_MS, shortMs: TURN_MS / 2, cutToMs: TURN_MS }
/** Of the whole turn, where nothing else can be told: others have a share in it. */
const WHOLE: Measures = { longMs: 4, shortMs: 2, cutToMs: 2 }
/** Fewer are not worth a look at the turn. */
const UNWATCHED = 4
/** Whoever has asked for nothing for so long begins with a share of its own. */
const PAUSE_MS = 1
/**
 * So long it takes at the least until a peer has its answer and asks again. Whoever asks for one thing at a time can have no more of a turn
 * than that one, and to watch every fourth of them would be a twenty-fifth of each.
 */
const ANSWERED_MS = 0.05
/** Between two that come at once there is less. */
const UNSURE_MS = 0.25
/** Turns that a handler costs which has held all up, however long. */
const MOST_TURNS_OUT = 64
/** So many that were dropped may stay in the list, or as many as there are others. */
const MOST_DROPPED = 64

/**
 * To look at the clock is a tenth of a small call, so that of many at once each is measured from the end of the one before.
 * Where others may have come between the two, the next ones are measured from their own beginning.
 */
type Measure = 'exact' | 'since-last'

interface Waiting {
  readonly request: Request
  /** What has come for a stream that has not begun. */
  readonly followers: StreamEffect[]
}

export class RequestQueue {
  readonly #runner: RequestRunner
  readonly #turns: Turns
  /** From `#next` on, and some that were dropped among them. */
  #waiting: Waiting[] = []
  #next = 0
  /** Without those that were dropped. */
  readonly #byId = new IdTable<Waiting>()
  #begunAt = 0
  #lastAt = Number.NEGATIVE_INFINITY
  #begun = 0
  #spentMs = 0
  #mostBegun = BEGUN.first
  /** Up to here it doubles; behind that, where turns have been too long, it grows by one. */
  #doubledUpTo = BEGUN.most
  /** Turns in which nothing begins, for what an earlier one has cost. */
  #turnsOut = 0
  #turn: 'unwatched' | 'watched' = 'unwatched'
  /** When it began, of what is begun now, until its microtasks are done. */
  #ownSince: number | undefined
  #measure: Measure = 'since-last'

  constructor(runner: RequestRunner, turns: Turns) {
    this.#runner = runner
    this.#turns = turns
  }

  /** Requests that wait. */
  get size(): number {
    return this.#byId.size
  }

  push(request: Request): void {
    const { nextTurn, now } = this.#turns
    if (nextTurn === undefined) {
      this.#runner.begin(request)
      return
    }
    if (this.#byId.size === 0) {
      const measure = this.#turn === 'unwatched' ? 'exact' : this.#measure
      const at = measure === 'exact' ? now() : this.#lastAt
      if (this.#turn === 'unwatched' && this.#hasPaused(at - this.#lastAt)) this.#forget()
      if (this.#mayBegin) {
        this.#begin(request, at, measure)
        return
      }
    }
    const waiting: Waiting = { request, followers: [] }
    this.#byId.add(request.id, waiting)
    this.#waiting.push(waiting)
    this.#watch()
  }

  /** Brings it to its stream, which may not have begun. */
  follow(effect: StreamEffect): void {
    const waiting = this.#byId.size === 0 ? undefined : this.#byId.get(effect.id)
    if (waiting === undefined) this.#runner.follow(effect)
    else waiting.followers.push(effect)
  }

  /** @returns whether it waited; then it never begins */
  drop(id: number): boolean {
    if (!this.#byId.delete(id)) return false
    const dropped = this.#waiting.length - this.#next - this.#byId.size
    if (dropped > MOST_DROPPED && dropped > this.#byId.size) {
      this.#waiting = this.#waiting.filter((waiting) => this.#byId.get(waiting.request.id) === waiting)
      this.#next = 0
    }
    return true
  }

  clear(): void {
    this.#byId.clear()
    this.#waiting = []
    this.#next = 0
  }

  get #mayBegin(): boolean {
    return this.#turnsOut === 0 && this.#begun < this.#mostBegun && this.#spentMs < TURN_MS
  }

  #hasPaused(ms: number): boolean {
    return ms > PAUSE_MS || (ms > ANSWERED_MS && this.#runner.isIdle)
  }

  /** @param at when it begins; or, `since-last`, when the one before was done */
  #begin(request: Request, at: number, measure: Measure): void {
    if (this.#begun === 0) this.#begunAt = at
    this.#begun += 1
    if (this.#begun >= Math.min(UNWATCHED, this.#mostBegun)) this.#measureOwn(measure === 'exact' ? at : undefined)
    this.#runner.begin(request)
    this.#lastAt = this.#turns.now()
    const ms = this.#lastAt - at
    if (measure === 'exact' || ms < UNSURE_MS) this.#spentMs += ms
    else this.#measure = 'exact'
    if (this.#begun >= UNWATCHED || this.#spentMs >= TURN_MS) this.#watch()
  }

  /** Of what begins now and what begins with it. */
  #measureOwn(at: number | undefined): void {
    const { afterMicrotasks, now } = this.#turns
    if (this.#ownSince !== undefined || afterMicrotasks === undefined) return
    this.#ownSince = at ?? now()
    afterMicrotasks(() => this.#judgeOwn())
  }

  #judgeOwn(): void {
    const since = this.#ownSince
    if (since === undefined) return
    this.#ownSince = undefined
    this.#lastAt = this.#turns.now()
    const ms = this.#lastAt - since
    this.#judge(ms, OWN)
    this.#spentMs = Math.max(this.#spentMs, ms)
    if (this.#spentMs >= TURN_MS) this.#watch()
  }

  #forget(): void {
    this.#begun = 0
    this.#ownSince = undefined
    this.#spentMs = 0
    this.#turnsOut = 0
  }

  #watch(): void {
    if (this.#turn === 'watched') return
    this.#turn = 'watched'
    this.#turns.nextTurn?.(() => this.#endTurn())
  }

  #endTurn(): void {
    this.#turn = 'unwatched'
    if (this.#turnsOut > 0) this.#turnsOut -= 1
    else this.#judgeTurn()
    this.#begun = 0
    this.#spentMs = 0
    this.#measure = 'since-last'
    this.#beginWaiting()
    if (this.#byId.size > 0) this.#watch()
  }

  #judgeTurn(): void {
    const { now, afterMicrotasks } = this.#turns
    // Also what handlers do behind an `await` makes a turn long.
    if (afterMicrotasks === undefined) this.#judge(now() - this.#begunAt, WHOLE)
    this.#turnsOut = Math.min(MOST_TURNS_OUT, Math.max(0, Math.floor(this.#spentMs / TURN_MS) - 1))
  }

  /** What was begun took so long: how much is to begin in the turns that follow. */
  #judge(ms: number, { longMs, shortMs, cutToMs }: Measures): void {
    if (ms > longMs) {
      this.#mostBegun = Math.max(1, Math.floor((this.#begun * cutToMs) / ms))
      this.#doubledUpTo = this.#mostBegun
    } else if (ms < shortMs && this.#begun >= this.#mostBegun) {
      const grown = this.#mostBegun < this.#doubledUpTo ? this.#mostBegun * 2 : this.#mostBegun + 1
      this.#mostBegun = Math.min(BEGUN.most, grown)
    }
  }

  #beginWaiting(): void {
    for (let first = this.#waiting[this.#next]; first !== undefined; first = this.#waiting[this.#next]) {
      const { request, followers } = first
      if (this.#byId.get(request.id) === first) {
        if (!this.#mayBegin) break
        this.#byId.delete(request.id)
        // Ahead of what may come back to this list.
        this.#next += 1
        this.#begin(request, this.#begun === 0 ? this.#turns.now() : this.#lastAt, 'exact')
        for (const effect of followers) this.#runner.follow(effect)
      } else {
        this.#next += 1
      }
    }
    this.#waiting = this.#next === 0 ? this.#waiting : this.#waiting.slice(this.#next)
    this.#next = 0
  }
}

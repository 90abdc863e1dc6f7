import type { Clock, Random } from '../../io/ports.ts'
import { FrameType, type ItemBatch, type Payload } from '../../protocol/frame.ts'
import type { SessionEnd } from '../../testing/session-end.ts'
import type { CreditWindow } from '../credit.ts'
import type { Effect } from '../effect.ts'
import type { RequestKind } from '../request.ts'
import type { Session } from '../session.ts'
import { numberedPayload, numberOf } from './numbered-payload.fixture.ts'
import { UnreadItems } from './unread-items.fixture.ts'

export interface SimulatedAppOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly window: CreditWindow
  readonly end: Pick<SessionEnd<Session>, 'session' | 'move' | 'send'>
}

/** Something one app asked the other for. */
interface Asked {
  readonly kind: RequestKind
  readonly deadline: number | undefined
  readonly unread: UnreadItems
  /** Items to send upwards, and how many went. */
  readonly toSend: number
  sent: number
  state: 'open' | 'accepted' | 'settled' | 'cancelled'
  /** When this app itself ended it: what came with the same message is still told. */
  endedAt: number | undefined
}

/** Something the other app asked for. */
interface Served {
  readonly kind: RequestKind
  readonly unread: UnreadItems
  readonly toSend: number
  sent: number
  uploadEnded: 'no' | 'yes'
  state: 'live' | 'done' | 'aborted'
  endedAt: number | undefined
}

const LONGEST_ANSWER_MS = 3_000
const LONGEST_READ_MS = 4_000
const HANGING_SHARE = 0.1
const FAILING_SHARE = 0.2

/**
 * Uses one end of a session like a demanding application, calling and serving, and checks at each step what a session promises:
 * an invariant that does not hold throws.
 */
export class SimulatedApp {
  readonly name: string
  readonly asked = new Map<number, Asked>()
  readonly served = new Map<number, Served>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #window: CreditWindow
  readonly #end: SimulatedAppOptions['end']
  readonly #lastServed: Record<RequestKind, number> = { call: -1, stream: -1, topic: -1 }
  readonly #asks: Record<RequestKind, number> = { call: 0, stream: 0, topic: 0 }
  #events = { sent: 0, arrived: 0 }
  #life: 'living' | 'lost' = 'living'
  #peer: SimulatedApp | undefined

  constructor({ name, clock, random, window, end }: SimulatedAppOptions) {
    this.name = name
    this.#clock = clock
    this.#random = random
    this.#window = window
    this.#end = end
  }

  meet(peer: SimulatedApp): void {
    this.#peer = peer
  }

  get isLost(): boolean {
    return this.#life === 'lost'
  }

  call(): void {
    const id = this.#end.session.nextId()
    const { timeoutMs, input } = this.#ask(id, 'call', 0)
    this.#end.move((session, now) => session.call({ id, procedure: 'call', input, timeoutMs, meta: undefined }, now))
  }

  open(): void {
    const id = this.#end.session.nextId()
    const duplex = this.#chance(0.5)
    const { timeoutMs, input } = this.#ask(id, 'stream', duplex ? this.#upTo(20) : 0)
    const open = { id, procedure: 'stream', input, timeoutMs, meta: undefined, resume: undefined, duplex }
    this.#end.move((session, now) => session.open(open, now))
    if (duplex) this.#pumpUp(id)
  }

  listen(): void {
    const id = this.#end.session.nextId()
    const { input } = this.#ask(id, 'topic', 0)
    this.#end.move((session, now) => session.listen({ id, event: 'topic', params: input }, now))
  }

  publish(): void {
    if (this.isLost || this.#end.session.state !== 'open') return
    const payload = numberedPayload(this.#events.sent, 20)
    this.#events.sent += 1
    this.#end.send({ type: FrameType.Event, event: 'topic', params: undefined, payload })
  }

  cancel(): void {
    const open = [...this.asked].filter(([, { state }]) => state === 'open' || state === 'accepted')
    const [id, asked] = open[this.#upTo(open.length - 1)] ?? []
    if (id === undefined || asked === undefined) return
    this.#cancel(id, asked)
  }

  /** Ends whatever would go on for ever. */
  finish(): void {
    for (const [id, asked] of this.asked) {
      if (asked.state !== 'open' && asked.state !== 'accepted') continue
      this.#cancel(id, asked)
    }
  }

  onEffect(effect: Effect): void {
    if (this.isLost) this.#fail(`${effect.type} after the end`)
    if ('id' in effect && effect.id !== undefined && this.#endedJustNow(effect.id)) return
    switch (effect.type) {
      case 'call':
        return this.#serve(effect.id, 'call', effect.input)
      case 'open':
        return this.#serve(effect.id, 'stream', effect.input)
      case 'listen':
        return this.#serve(effect.id, 'topic', effect.params)
      case 'abort':
        return this.#onAbort(effect.id)
      case 'ok':
      case 'error':
        return this.#onAnswer(effect)
      case 'timeout':
        return this.#onTimeout(effect.id)
      case 'items':
        return this.#onItems(effect.id, effect)
      case 'end':
        return this.#onEnd(effect.id)
      case 'writable':
        return this.asked.has(effect.id) ? this.#pumpUp(effect.id) : this.#pumpDown(effect.id)
      case 'event':
        return this.#onEvent(effect.payload)
      case 'detach':
      case 'detached':
        return this.#fail(`${effect.type} of a session that cannot be resumed`)
      case 'close':
      case 'closed':
        return this.onLost()
      case 'send':
      case 'ack':
      case 'hello':
      case 'welcome':
      case 'auth':
      case 'auth-ok':
      case 'go-away':
      case 'round-trip':
      case 'limited':
        return undefined
    }
  }

  onLost(): void {
    if (this.isLost) return
    this.#life = 'lost'
    for (const [id, { state }] of this.asked) {
      const unsettled = state === 'open' || state === 'accepted'
      if (unsettled && this.#end.session.isUnsent(id) && this.#peer?.served.has(id) === true) {
        this.#fail(`${id} is called unsent, and was served`)
      }
    }
  }

  #cancel(id: number, asked: Asked): void {
    asked.state = 'cancelled'
    asked.endedAt = this.#clock.now()
    this.#end.move((session, now) => session.cancel(id, now))
  }

  /** This app ended it while it was being told of other things of the same moment. */
  #endedJustNow(id: number): boolean {
    return (this.asked.get(id) ?? this.served.get(id))?.endedAt === this.#clock.now()
  }

  #ask(id: number, kind: RequestKind, toSend: number): { timeoutMs: number | undefined; input: Payload } {
    const timeoutMs = kind !== 'topic' && this.#chance(0.5) ? this.#upTo(LONGEST_ANSWER_MS) : undefined
    const deadline = timeoutMs === undefined ? undefined : this.#clock.now() + timeoutMs
    const state = this.isLost ? 'settled' : 'open'
    this.asked.set(id, {
      kind,
      deadline,
      unread: new UnreadItems(this.#window),
      toSend,
      sent: 0,
      state,
      endedAt: undefined,
    })
    const input = numberedPayload(this.#asks[kind], 7 + this.#upTo(100))
    this.#asks[kind] += 1
    return { timeoutMs, input }
  }

  #serve(id: number, kind: RequestKind, input: Payload | undefined): void {
    if (this.served.has(id)) this.#fail(`${kind} ${id} was served twice`)
    const number = numberOf(input)
    if (number <= this.#lastServed[kind]) this.#fail(`${kind} ${number} came after ${this.#lastServed[kind]}`)
    this.#lastServed[kind] = number
    const toSend = kind === 'stream' ? this.#upTo(20) : 0
    const unread = new UnreadItems(this.#window)
    this.served.set(id, { kind, unread, toSend, sent: 0, uploadEnded: 'no', state: 'live', endedAt: undefined })
    if (kind === 'stream') this.#pumpDown(id)
    else if (!this.#chance(HANGING_SHARE)) this.#later(LONGEST_ANSWER_MS, () => this.#answer(id))
  }

  #answer(id: number): void {
    const served = this.served.get(id)
    if (served?.state !== 'live') return
    if (this.#chance(FAILING_SHARE)) {
      this.#finishServing(served)
      const error = { code: 'NO', message: '', data: undefined }
      this.#end.move((session) => session.fail(id, error))
      return
    }
    if (served.kind === 'call') this.#finishServing(served)
    this.#end.move((session) => session.succeed(id, undefined))
  }

  #finishServing(served: Served): void {
    served.state = 'done'
    served.endedAt = this.#clock.now()
  }

  #pumpDown(id: number): void {
    const served = this.served.get(id)
    if (served?.kind !== 'stream') return this.#fail(`${id} is writable, and is no stream of the peer's`)
    if (served.state !== 'live' || !this.#sendSome(id, served)) return
    this.#finishServing(served)
    this.#end.move((session) => session.sendEnd(id))
  }

  #pumpUp(id: number): void {
    const asked = this.asked.get(id)
    if (asked?.kind !== 'stream') return this.#fail(`${id} is writable, and is no stream of mine`)
    if (asked.state === 'open' && this.#sendSome(id, asked)) this.#end.move((session) => session.sendEnd(id))
  }

  /** Sends while there is credit, now and then with a pause, and tells whether all is sent. */
  #sendSome(id: number, direction: { readonly toSend: number; sent: number }): boolean {
    for (;;) {
      const credit = this.#end.session.itemCredit(id)
      if (credit === undefined || direction.sent >= direction.toSend) break
      const count = 1 + this.#upTo(Math.min(credit.items, direction.toSend - direction.sent) - 1)
      const values = numberedPayload(direction.sent, 7 + this.#upTo(300))
      direction.sent += count
      this.#end.move((session) => session.sendItems(id, { count, values, resumes: undefined }))
      if (this.#chance(0.2) && direction.sent < direction.toSend) {
        this.#later(500, () => (this.asked.has(id) ? this.#pumpUp(id) : this.#pumpDown(id)))
        return false
      }
    }
    return direction.sent === direction.toSend
  }

  #onAbort(id: number): void {
    const served = this.served.get(id)
    if (served?.state !== 'live') return this.#fail(`${id} was aborted, and does not run`)
    served.state = 'aborted'
  }

  #onAnswer(effect: Extract<Effect, { readonly type: 'ok' | 'error' }>): void {
    const asked = this.asked.get(effect.id)
    if (asked === undefined || asked.state === 'settled' || asked.state === 'cancelled') {
      return this.#fail(`${effect.type} for ${effect.id}, which is ${asked?.state ?? 'unknown'}`)
    }
    if (effect.type === 'error' && effect.code === 'LIMIT_EXCEEDED') this.#fail(`${effect.id} went without a place`)
    if (asked.deadline !== undefined && this.#clock.now() > asked.deadline) this.#fail(`${effect.id} came too late`)
    asked.state = effect.type === 'ok' && asked.kind === 'topic' ? 'accepted' : 'settled'
  }

  #onTimeout(id: number): void {
    const asked = this.asked.get(id)
    if (asked?.state !== 'open') return this.#fail(`timeout for ${id}, which is ${asked?.state ?? 'unknown'}`)
    if (asked.deadline !== this.#clock.now())
      this.#fail(`timeout for ${id} at ${this.#clock.now()} ms, not its deadline`)
    asked.state = 'settled'
  }

  #onItems(id: number, batch: ItemBatch): void {
    const asked = this.asked.get(id)
    const direction = asked ?? this.served.get(id)
    const open = asked === undefined ? this.served.get(id)?.state === 'live' : asked.state === 'open'
    if (direction === undefined || !open) return this.#fail(`item for ${id}, which is over`)
    const wrong = direction.unread.take(batch)
    if (wrong !== undefined) this.#fail(`${id}: ${wrong}`)
    this.#later(this.#chance(0.1) ? 10 * LONGEST_READ_MS : LONGEST_READ_MS / 10, () => {
      this.#read(id, direction.unread, batch)
    })
  }

  /** All at once, or one by one, with the bytes of all behind the last. */
  #read(id: number, unread: UnreadItems, { count, values }: ItemBatch): void {
    const step = this.#chance(0.5) ? count : 1
    for (let items = step; items <= count; items += step) {
      const taken = { items: step, bytes: items === count ? values.byteLength : 0 }
      unread.read(taken)
      this.#end.move((session) => session.itemsConsumed(id, taken))
    }
  }

  #onEnd(id: number): void {
    const asked = this.asked.get(id)
    const served = this.served.get(id)
    if (asked !== undefined) {
      if (asked.state !== 'open') this.#fail(`end for ${id}, which is ${asked.state}`)
      asked.state = 'settled'
      this.#expectAll(id, asked.unread.arrived, this.#peer?.served.get(id)?.sent)
    } else if (served?.state === 'live' && served.uploadEnded === 'no') {
      served.uploadEnded = 'yes'
      this.#expectAll(id, served.unread.arrived, this.#peer?.asked.get(id)?.sent)
    } else {
      this.#fail(`end for ${id}, which is over`)
    }
  }

  #onEvent(payload: Payload | undefined): void {
    const number = numberOf(payload)
    if (number !== this.#events.arrived) this.#fail(`event ${number} came, expected ${this.#events.arrived}`)
    this.#events.arrived += 1
  }

  #expectAll(id: number, arrived: number, sent: number | undefined): void {
    if (arrived !== sent) this.#fail(`${id} ended after ${arrived} items of ${sent}`)
  }

  #later(withinMs: number, task: () => void): void {
    this.#clock.schedule(this.#clock.now() + this.#upTo(withinMs), () => {
      if (!this.isLost) task()
    })
  }

  #upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1))
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  #fail(what: string): void {
    throw new Error(`${this.name} at ${this.#clock.now()} ms: ${what}`)
  }
}

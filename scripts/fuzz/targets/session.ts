// A session of either role: frames, time, connections that come and go, and what an application asks of it meanwhile.
import { decodeBody, decodeEnvelope, encodeFrame, type Frame, FrameType, isCounted } from '@tautline/core/protocol'
import {
  type ClientMoves,
  createClientSession,
  createIncomingRequests,
  createServerSession,
  EARLY_REQUESTS,
  type Effect,
  type ServerDecisions,
  type Session,
} from '@tautline/core/session'
import { rawHello, rawWelcome } from '@tautline/core/testing'
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/protocol/limits.ts'
import { ProtocolViolation } from '../../../packages/core/src/protocol/violation.ts'
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { bodiesOf, stepsOf, talkOf } from './talk.ts'
import { Tamer } from './tamer.ts'

const LIMITS: Limits = { ...DEFAULT_LIMITS, calls: 4, streams: 3, topics: 3, streamItems: 4, maxStreamItems: 8 }
const WINDOW_MS = 60_000
const SID = 'raw-session'
const STEPS = 24

/** What the first byte of a step chooses; the second is its argument. */
const Step = { Raw: 0, Message: 1, Renumbered: 2, Time: 3, Lost: 4, Answer: 5, Resume: 6, Ask: 7, Role: 8 } as const
const KINDS = 9

const NOTHING = new Uint8Array()

export const target: FuzzTarget = {
  seeds: [
    ...talkOf('client').map((talk) => stepsOf(Step.Raw, 0, talk)),
    ...talkOf('client').map((talk) => stepsOf(Step.Renumbered, 0, bodiesOf(talk))),
    ...talkOf('server').map((talk) =>
      stepsOf(Step.Role, 1, [NOTHING]).concat(stepsOf(Step.Renumbered, 0, bodiesOf(talk))),
    ),
    [
      [Step.Time, 40],
      [Step.Time, 255],
    ].map((step) => Uint8Array.from(step)),
  ],
  maxSteps: STEPS,
  headBytes: 2,
  longestBytes: 64 * 1024,
  run(input: FuzzInput) {
    const [first] = input
    const isClient = first?.[0] === Step.Role && first[1] === 1
    const stand = isClient ? new ClientStand() : new ServerStand()
    for (const step of input) {
      const [kind = 0, argument = 0] = step
      if (stand.isOver) break
      stand.step(kind % KINDS, argument, step.subarray(2))
    }
    stand.end()
  },
}

/** A session, everything that it does, and what must hold of that. */
abstract class Stand {
  protected abstract readonly session: Session
  protected readonly tamer: Tamer
  protected now = 0
  readonly #lastPeerIds = { call: 0, open: 0, listen: 0 }
  readonly #open = new Map<number, 'call' | 'open' | 'listen' | 'accepted'>()
  readonly #topics = new Set<number>()
  #asked: number[] = []
  #sentCounted = 0

  constructor(tamer: Tamer) {
    this.tamer = tamer
  }

  get isOver(): boolean {
    return this.session.state === 'closed'
  }

  step(kind: number, argument: number, bytes: Uint8Array): void {
    switch (kind) {
      case Step.Raw:
        return this.#receive(bytes)
      case Step.Message:
        return this.#receive(this.tamer.message(bytes, this.#sentCounted))
      case Step.Renumbered:
        return this.#receive(this.tamer.renumbered(bytes, this.#sentCounted, this.#asked))
      case Step.Time:
        return this.#wait(argument * 1000)
      case Step.Lost:
        this.session.transportClosed([1006, 1000, 1001, 4408, 4400][argument % 5] ?? 1006, this.now)
        return this.#check()
      case Step.Answer:
        return this.#answer(argument)
      case Step.Resume:
        return this.resume(argument)
      case Step.Ask:
        return this.#ask(argument)
      default:
    }
  }

  /** Whatever it was, all of it can be given up. */
  end(): void {
    this.apply(this.session.close(1000, '', false))
    if (!this.isOver) throw new Error(`Expected a session that was closed to be, got \`${this.session.state}\``)
    const left = Object.entries(this.session.stats()).filter(([, n]) => n !== 0)
    if (left.length > 0) throw new Error(`Expected nothing to be left, got ${JSON.stringify(left)}`)
    if (this.session.nextDeadline() !== undefined) throw new Error('Expected no deadline of a session that is closed')
  }

  protected abstract resume(argument: number): void
  protected abstract onHandshake(effect: Effect): void

  protected apply(effects: readonly Effect[]): void {
    for (const [index, effect] of effects.entries()) {
      this.#applyOne(effect)
      if (effect.type === 'close' && index !== effects.length - 1)
        throw new Error('Expected `close` to be the last effect')
    }
    this.#check()
  }

  #applyOne(effect: Effect): void {
    // oxlint-disable-next-line switch-exhaustiveness-check -- the others tell an application what it need not answer
    switch (effect.type) {
      case 'send':
        return this.#send(effect.frame)
      case 'call':
      case 'open':
      case 'listen':
        // No id of the peer's runs twice.
        if (effect.id <= this.#lastPeerIds[effect.type] || this.#open.has(effect.id)) {
          throw new Error(`Expected ids of a kind to grow, got ${effect.id}`)
        }
        this.#lastPeerIds[effect.type] = effect.id
        this.#open.set(effect.id, effect.type)
        return
      case 'abort':
        if (!this.#open.delete(effect.id)) throw new Error(`Expected \`abort\` of what runs, got ${effect.id}`)
        return
      case 'ok':
      case 'error':
      case 'timeout':
        // I3: each settles once.
        if (!this.#asked.includes(effect.id)) throw new Error(`Expected an answer to what was asked, got ${effect.id}`)
        if (effect.type !== 'ok' || !this.#topics.has(effect.id))
          this.#asked = this.#asked.filter((id) => id !== effect.id)
        return
      case 'hello':
      case 'welcome':
      case 'auth':
        return this.onHandshake(effect)
      default:
    }
  }

  #send(frame: Frame): void {
    const bytes = encodeFrame(frame)
    if (!isCounted(frame)) return
    this.session.stamp(1, bytes.byteLength, this.now)
    this.#sentCounted += 1
    if (frame.type === FrameType.Ok || frame.type === FrameType.Error) this.#settle(frame.id, frame.type)
  }

  /** Its own refusals settle what the application never saw. */
  #settle(id: number, type: number): void {
    if (type === FrameType.Ok && this.#open.get(id) === 'listen') this.#open.set(id, 'accepted')
    else this.#open.delete(id)
  }

  #receive(message: Uint8Array): void {
    try {
      const { header, body, compressed } = decodeEnvelope(message, LIMITS)
      const admission = this.session.admit(header, message.byteLength, this.now)
      if (admission.type === 'reject') this.apply(admission.effects)
      if (admission.type !== 'accept' || compressed) return
      this.apply(this.session.receive(header, decodeBody(body, LIMITS), this.now))
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.apply(this.session.violated(error.closeCode, error.message, this.now))
    }
  }

  #wait(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const deadline = this.session.nextDeadline()
      if (deadline === undefined || deadline > until) break
      this.now = Math.max(this.now, deadline)
      this.apply(this.session.handleTimeout(this.now))
      const next = this.session.nextDeadline()
      // Else a driver would spin.
      if (next !== undefined && next <= this.now)
        throw new Error(`Expected time to move on from ${this.now}, got ${next}`)
    }
    this.now = until
  }

  #answer(argument: number): void {
    const id = [...this.#open.keys()][(argument >> 3) % this.#open.size]
    const kind = id === undefined ? undefined : this.#open.get(id)
    if (id === undefined || kind === undefined) return
    const what = argument & 7
    if (what === 0) this.apply(this.session.fail(id, { code: 'NO', message: '', data: undefined }))
    else if (kind === 'accepted') return
    else if (kind !== 'open') this.apply(this.session.succeed(id, ITEM))
    else if (what < 4) this.#sendItems(id)
    else if (what === 4) this.apply(this.session.itemsConsumed(id, { items: 1, bytes: 1 }))
    else {
      this.#open.delete(id)
      this.apply(this.session.sendEnd(id))
    }
    if (kind === 'call') this.#open.delete(id)
  }

  #sendItems(id: number): void {
    const credit = this.session.itemCredit(id)
    if (credit === undefined || credit.items < 1 || credit.bytes < 1) return
    this.apply(this.session.sendItems(id, { values: ITEMS, count: 1, resumes: undefined }))
  }

  #ask(argument: number): void {
    const id = this.session.nextId()
    const request = { id, input: undefined, meta: undefined, timeoutMs: argument & 8 ? 5000 : undefined }
    this.#asked.push(id)
    if ((argument & 3) === 0) this.apply(this.session.call({ ...request, procedure: 'a' }, this.now))
    else if ((argument & 3) === 1 && this.session.role === 'client') {
      this.#topics.add(id)
      this.apply(this.session.listen({ id, event: 'e', params: undefined }, this.now))
    } else {
      const open = { ...request, procedure: 'a', resume: undefined, duplex: (argument & 4) !== 0 }
      this.apply(this.session.open(open, this.now))
    }
    if ((argument & 0x10) !== 0) this.apply(this.session.cancel(id, this.now))
  }

  /** Of what the peer may have in flight. A server decides that for both ends. */
  protected abstract readonly most: Limits

  #check(): void {
    const { peerCalls, peerStreams, peerTopics, calls, streams, topics } = this.session.stats()
    // As many as that may come before the client knows of the limits.
    const most = (name: 'calls' | 'streams' | 'topics'): number => Math.max(this.most[name], EARLY_REQUESTS)
    if (peerCalls > most('calls') || peerStreams > most('streams') || peerTopics > most('topics')) {
      throw new Error(`Expected limits to hold, got ${JSON.stringify(this.session.stats())}`)
    }
    if (calls < 0 || streams < 0 || topics < 0) throw new Error('Expected counts >= 0')
  }
}

const ITEM = Uint8Array.of(0xc3)
const ITEMS = Uint8Array.of(0x91, 0xc3)

class ServerStand extends Stand {
  protected readonly most = LIMITS
  protected readonly session: Session & ServerDecisions = createServerSession({ limits: LIMITS, now: 0 })

  constructor() {
    super(new Tamer(1))
  }

  protected override onHandshake(effect: Effect): void {
    if (effect.type === 'hello') {
      const { contractHash, why } = effect.hello
      if (why === 'refuse') this.apply(this.session.refuse(4401, 'No', false, this.now))
      else {
        const welcome = rawWelcome({ limits: LIMITS, resumeWindowMs: WINDOW_MS, contractHash, sid: SID })
        this.apply(this.session.accept(welcome, this.now))
      }
    } else if (effect.type === 'auth') this.apply(this.session.authAccepted(undefined, this.now))
  }

  protected override resume(argument: number): void {
    if (!this.session.canContinueFrom(argument)) return
    this.session.resume(rawWelcome({ limits: LIMITS, resumed: true, resumeWindowMs: WINDOW_MS }), argument, this.now)
  }
}

class ClientStand extends Stand {
  protected most = LIMITS
  protected readonly session: Session & ClientMoves = createClientSession({
    limits: LIMITS,
    hello: rawHello(),
    createIncoming: createIncomingRequests,
  })

  constructor() {
    super(new Tamer(2))
    this.apply(this.session.opened(0))
  }

  protected override onHandshake(effect: Effect): void {
    if (effect.type === 'welcome') this.most = { ...LIMITS, ...effect.welcome.limits }
  }

  protected override resume(argument: number): void {
    if (this.session.state !== 'detached') return
    this.session.nextResumption()
    const welcome = rawWelcome({
      limits: LIMITS,
      resumed: true,
      resumeWindowMs: WINDOW_MS,
      gen: 2 + argument,
      rx: argument,
    })
    try {
      this.apply(this.session.resume(welcome, this.now))
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
    }
  }
}

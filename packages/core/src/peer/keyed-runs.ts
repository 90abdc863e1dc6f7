/**
 * Calls with an idempotency key: the first one runs, others wait for what comes of it or are given what came of it.
 *
 * Owns: who runs under which key in this process, and what an ending means for the key. Must not know: frames, ids,
 * sessions. Normative text: PROTOCOL.md, "Idempotency keys".
 *
 * The key is claimed behind all middleware, so that nobody gets a result whom the middleware would not let pass now; what
 * is stored is what came out in front of it, so that a transaction which fails to commit is no success.
 */
import type { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { Clock } from '../io/ports.ts'
import { UnserialisableError } from '../protocol/unserialisable-error.ts'
import type { ValueCodec } from '../protocol/value-codec.ts'
import { assertNever } from './assert-never.ts'
import { withoutProof } from './forms.ts'
import { type Invocation, runHandler } from './handler-run.ts'
import type { BoundHandler } from './implementation.ts'
import { KeyedAttempt } from './keyed-attempt.ts'
import { failureOf, fingerprintOf, readResult, successOf } from './keyed-results.ts'
import { KeyedRun } from './keyed-run.ts'
import { PublicFailure, refusal, toPublicError } from './public-error.ts'
import type { Claim, ClaimAnswer, ResultStore, StoredResult } from './result-store.ts'
import { UnattendedRuns } from './unattended-runs.ts'

export interface KeyedRunsOptions {
  readonly store: ResultStore
  readonly codec: ValueCodec
  readonly clock: Clock
  /** Names a claim: unique among all processes that share the store. */
  readonly createOwner: () => string
  /** Runs of one principal that go on though its connections are lost; beyond it no other begins. */
  readonly maxUnattended: number
  /** A run has ended. */
  readonly onSettled: () => void
}

/** What a call brings along besides its invocation. */
export interface KeyedCaller {
  readonly key: string
  /** Whose key it is. */
  readonly principal: string | undefined
  /** Takes what the caller is not told, and gives it an id. */
  readonly report: (error: unknown) => string
}

/** A call with what it is stored by. */
interface Ticket extends KeyedCaller {
  readonly entry: ProcedureEntry
  /** Of the store. */
  readonly storeKey: string
  readonly owner: string
}

/** What this process knows of a key by itself. */
type Local =
  | { readonly type: 'claiming'; readonly decided: Promise<void> }
  | { readonly type: 'running'; readonly run: KeyedRun }

/** Whoever ends with one of these has done nothing: the key is free again. */
const NOTHING_HAS_RUN: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'LIMIT_EXCEEDED', 'OVERLOADED'])

/** Between two looks at a run of another process. */
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 1000

const FULL: ClaimAnswer = Object.freeze({ type: 'full' })
const LOST: StoredResult = Object.freeze({ type: 'lost' })

export class KeyedRuns {
  readonly #options: KeyedRunsOptions
  readonly #unattended = new UnattendedRuns()
  readonly #local = new Map<string, Local>()

  constructor(options: KeyedRunsOptions) {
    this.#options = options
  }

  /** Runs that go on though the connections of all who asked are lost. */
  get unattended(): number {
    return this.#unattended.size
  }

  /** Stops what goes on without anybody, and from now on whatever comes to that. */
  close(): void {
    this.#unattended.close()
  }

  /** As `runHandler`, but at most once for each key. */
  async run(bound: BoundHandler, call: Invocation, caller: KeyedCaller): Promise<unknown> {
    const { codec, createOwner } = this.#options
    const { entry } = bound
    const storeKey = JSON.stringify([caller.principal, entry.path, caller.key])
    const ticket: Ticket = { ...caller, entry, storeKey, owner: createOwner() }
    const attempt = new KeyedAttempt(call, {
      find: () => this.#find(attempt, ticket),
      read: (result) => readResult(codec, entry, result),
    })
    try {
      const output = await runHandler(bound, attempt)
      if (attempt.own !== undefined) await this.#conclude(ticket, attempt.own.run, successOf(codec, output))
      return output
    } catch (error) {
      throw await this.#failed(ticket, attempt, error)
    } finally {
      attempt.end()
    }
  }

  /** Claims the key, so that the handler is to run, or gives what came of another run. */
  async #find(attempt: KeyedAttempt, ticket: Ticket): Promise<StoredResult | undefined> {
    const { entry, storeKey, principal } = ticket
    if (principal === undefined) {
      throw refusal(entry, 'UNAUTHORIZED', 'An idempotency key needs a principal: see `principalOf` of the server')
    }
    const fingerprint = fingerprintOf(this.#options.codec, withoutProof(attempt.input))
    const check = (claimed: { readonly fingerprint: string }): void => {
      if (claimed.fingerprint !== fingerprint) throw refusal(entry, 'KEY_REUSED')
    }
    for (let pauseMs = FIRST_PAUSE_MS; ; ) {
      attempt.throwIfOver()
      const local = this.#local.get(storeKey)
      if (local?.type === 'claiming') {
        await attempt.unlessAborted(local.decided)
        continue
      }
      if (local !== undefined) {
        check(local.run)
        const result = await attempt.waitFor(local.run)
        if (result !== undefined) return result
        continue
      }
      const answer = await this.#claim(attempt, ticket, { principal, fingerprint })
      switch (answer.type) {
        case 'claimed':
          return undefined
        case 'full':
          throw refusal(entry, 'OVERLOADED')
        case 'finished':
          check(answer)
          return answer.result
        case 'running':
          check(answer)
          await this.#pause(attempt, pauseMs)
          pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)
          break
        default:
          assertNever(answer)
      }
    }
  }

  async #claim(attempt: KeyedAttempt, ticket: Ticket, { principal, fingerprint }: Claimant): Promise<ClaimAnswer> {
    const { clock, maxUnattended } = this.#options
    const { storeKey, owner } = ticket
    const { promise: decided, resolve: decide } = Promise.withResolvers<void>()
    this.#local.set(storeKey, { type: 'claiming', decided })
    let local: Local | undefined
    try {
      const answer = await this.#askStore(ticket, { owner, fingerprint })
      if (answer.type !== 'claimed') return answer
      const isFull = this.#unattended.of(principal) >= maxUnattended
      if (attempt.isOver || isFull) {
        await this.#tellStore(ticket, undefined)
        attempt.throwIfOver()
        return FULL
      }
      const abort = (reason: TautlineError): void => attempt.abort(reason)
      const run = new KeyedRun({ fingerprint, principal, clock, abort, unattended: this.#unattended })
      local = { type: 'running', run }
      attempt.begin(run)
      return answer
    } finally {
      if (local === undefined) this.#local.delete(storeKey)
      else this.#local.set(storeKey, local)
      decide()
    }
  }

  async #askStore({ storeKey, report }: Ticket, claim: Claim): Promise<ClaimAnswer> {
    try {
      return await this.#options.store.claim(storeKey, claim)
    } catch (error) {
      report(error)
      return FULL
    }
  }

  async #tellStore({ storeKey, owner, report }: Ticket, result: StoredResult | undefined): Promise<void> {
    const { store } = this.#options
    try {
      if (result === undefined) await store.release(storeKey, owner)
      else await store.complete(storeKey, owner, result)
    } catch (error) {
      // The key stays claimed: it is not run again, and who asks for it waits for what never comes.
      report(error)
    }
  }

  /** The answer may leave when it is stored: whoever has seen it can rely on seeing it again. */
  async #conclude(ticket: Ticket, run: KeyedRun, result: StoredResult | undefined): Promise<void> {
    await this.#tellStore(ticket, result)
    this.#local.delete(ticket.storeKey)
    run.end(result)
    this.#options.onSettled()
  }

  /** @returns what the caller is told */
  async #failed(ticket: Ticket, attempt: KeyedAttempt, error: unknown): Promise<unknown> {
    const { own } = attempt
    if (own === undefined) return error
    const { told, result } = await this.#judge(ticket, attempt, error).catch((cause: unknown) =>
      // Data may be what cannot be sent; and proxies and getters can make the mere look at an error fail.
      this.#judge(
        ticket,
        attempt,
        cause instanceof UnserialisableError ? cause : new Error('What was thrown cannot be looked at', { cause }),
      ),
    )
    const isFree = own.handler === 'ended' && result.type === 'error' && NOTHING_HAS_RUN.has(result.code)
    await this.#conclude(ticket, own.run, isFree ? undefined : result)
    return told
  }

  async #judge({ entry, report }: Ticket, { signal }: KeyedAttempt, error: unknown): Promise<Verdict> {
    // It was stopped halfway, and nobody knows how far it came.
    if (signal.aborted && isAbort(error, signal)) return { told: refusal(entry, 'RESULT_LOST'), result: LOST }
    const known = await toPublicError(error, entry, report)
    return { told: new PublicFailure(entry, known), result: failureOf(this.#options.codec, known) }
  }

  async #pause(attempt: KeyedAttempt, ms: number): Promise<void> {
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    const stopTimer = clock.schedule(clock.now() + ms, resolve)
    try {
      await attempt.unlessAborted(promise)
    } finally {
      stopTimer()
    }
  }
}

interface Claimant {
  readonly principal: string
  readonly fingerprint: string
}

interface Verdict {
  readonly told: unknown
  readonly result: StoredResult
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

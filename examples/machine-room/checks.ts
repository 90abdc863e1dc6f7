/** The questions that `npm start -- --once` asks: each kind of call as a terminal program makes it. */
import { createHash, randomBytes } from 'node:crypto'
import { cpus, totalmem } from 'node:os'
import type { Client } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import { type api, NOTE_LENGTH, type Note } from './api.ts'
import type { RuntimeName } from './machine/runtime.ts'
import type { SpawnedServer } from './spawn-server.ts'

type RoomClient = Client<typeof api>

/** Two clients of the same server. */
interface Room {
  readonly ada: RoomClient
  readonly ben: RoomClient
  readonly server: SpawnedServer
  readonly runtime: RuntimeName
}

export interface Check {
  readonly kind: string
  readonly what: string
  /** Throws where the answer is wrong; gives a line of what was seen. */
  readonly run: (room: Room) => Promise<string>
}

export class WrongAnswer extends Error {}

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new WrongAnswer(message)
}

export const checks: readonly Check[] = [
  {
    kind: 'query',
    what: 'facts of this machine',
    async run({ ada, runtime }) {
      const info = await ada.machine.info()
      expect(info.runtime === runtime, `expected the server on ${runtime}, got ${info.runtime}`)
      expect(info.cpuCount === cpus().length, `expected ${String(cpus().length)} cores, got ${String(info.cpuCount)}`)
      expect(
        info.totalMemoryBytes === totalmem(),
        `expected ${String(totalmem())} bytes, got ${String(info.totalMemoryBytes)}`,
      )
      expect(info.bootedAt instanceof Date, 'expected a Date to arrive as a Date')
      return `${String(info.cpuCount)} cores, ${info.runtime} ${info.runtimeVersion}`
    },
  },
  {
    kind: 'query',
    what: 'process table, searched',
    async run({ ada, server }) {
      const question = { sort: 'pid', descending: false, search: String(server.pid), limit: 5 } as const
      const { total, rows } = await ada.machine.processes(question, { timeoutMs: 5_000 })
      const own = rows.find((row) => row.pid === server.pid)
      expect(
        own !== undefined,
        `expected the server's own process ${String(server.pid)} among ${String(rows.length)} rows`,
      )
      return `found ${own.name} (${String(own.pid)}) among ${String(total)}`
    },
  },
  {
    kind: 'query',
    what: 'bad input is refused before the handler',
    async run({ ada }) {
      const refused = await ada.machine.processes({ sort: 'cpu', descending: true, search: '', limit: -1 }).result()
      expect(!refused.ok && refused.error.code === 'INVALID_INPUT', 'expected INVALID_INPUT')
      return refused.error.message
    },
  },
  {
    kind: 'subscription',
    what: 'three samples, then stopped while waiting',
    async run({ ada }) {
      const samples = ada.machine.samples({ since: Date.now() })
      const times: number[] = []
      for await (const sample of samples) {
        expect(sample.cores.length === cpus().length, 'expected one share per core')
        times.push(sample.at.getTime())
        if (times.length === 3) break
      }
      expect(
        times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0)),
        'expected growing times',
      )
      const waiting = ada.machine.samples({ since: Date.now() + 60_000 })
      const pending = waiting.next()
      await waiting.return()
      expect((await pending).done === true, 'expected the waiting next() to be done')
      return `${String(times.length)} samples in ${String((times.at(-1) ?? 0) - (times[0] ?? 0))} ms`
    },
  },
  {
    kind: 'mutation',
    what: 'a note, pushed to another client',
    async run({ ada, ben }) {
      using heard = firstEvent<Note>((listener) => ben.notes.added.on(listener))
      await heard.ready
      const note = await ada.notes.add({ text: '  the line holds  ' })
      const pushed = await heard.event
      expect(note.text === 'the line holds', `expected the trimmed text, got "${note.text}"`)
      expect(pushed.id === note.id && pushed.writtenAt.getTime() === note.writtenAt.getTime(), 'expected the same note')
      return `written by ${pushed.author}`
    },
  },
  {
    kind: 'errors',
    what: 'declared and built-in codes',
    async run({ ada }) {
      const gone = await ada.notes.remove({ id: 'none' }).result()
      expect(
        !gone.ok && gone.error.code === 'NOTE_GONE' && gone.error.data.id === 'none',
        'expected NOTE_GONE with its data',
      )
      const tooLong = await ada.notes.add({ text: 'x'.repeat(NOTE_LENGTH + 1) }).result()
      expect(!tooLong.ok && tooLong.error.code === 'INVALID_INPUT', 'expected INVALID_INPUT')
      const late = await ada.machine
        .samples({ since: Date.now() + 60_000 }, { timeoutMs: 20 })
        .next()
        .catch((error: unknown) => error)
      expect(isTautlineError(late, 'TIMEOUT'), 'expected TIMEOUT of a stream that has nothing to say')
      return 'NOTE_GONE, INVALID_INPUT, TIMEOUT'
    },
  },
  {
    kind: 'event',
    what: 'who is here',
    async run({ ada, ben }) {
      using heard = firstEvent<readonly { readonly name: string }[]>(
        (listener) => ada.room.present.on(listener),
        (people) => people.length === 2,
      )
      await heard.ready
      using entering = ben.room.present.on(() => undefined)
      await entering.ready
      const names = (await heard.event).map(({ name }) => name).sort()
      expect(names.join() === 'Ada,Ben', `expected Ada and Ben, got ${names.join(' and ')}`)
      return names.join(' and ')
    },
  },
  {
    kind: 'duplex',
    what: '8 MiB hashed while they arrive',
    async run({ ada }) {
      const file = randomBytes(8 * 1024 * 1024)
      const expected = createHash('sha256').update(file).digest('hex')
      let answers = 0
      let sha256: string | undefined
      for await (const progress of ada.files.hash({ name: 'random', sizeBytes: file.length }, pieces(file))) {
        answers += 1
        sha256 = progress.sha256
      }
      expect(sha256 === expected, `expected ${expected}, got ${String(sha256)}`)
      return `${String(answers)} answers, sha256 ${expected.slice(0, 12)}…`
    },
  },
  {
    kind: 'the line',
    what: 'cut, and back by itself',
    async run({ ada }) {
      const samples = ada.machine.samples({ since: Date.now() })
      const before = await samples.next()
      const reconnects = ada.$.stats().reconnects
      await ada.line.cut({ afterMs: 0 })
      const after = await samples.next()
      await samples.return()
      const more = ada.$.stats().reconnects - reconnects
      expect(before.done !== true && after.done !== true, 'expected the stream to go on')
      expect(after.value.at > before.value.at, 'expected the stream to go on where it stopped')
      expect(more === 1, `expected one reconnect, got ${String(more)}`)
      return 'the stream went on where it had stopped'
    },
  },
  {
    kind: 'the line',
    what: 'deflate, message by message',
    async run({ ada }) {
      await ada.machine.processes({ sort: 'pid', descending: false, search: '', limit: 500 })
      const { bodyBytes, wireBytes } = ada.$.stats().received
      expect(wireBytes < bodyBytes, `expected fewer bytes than ${String(bodyBytes)}, got ${String(wireBytes)}`)
      return `${String(bodyBytes)} bytes in ${String(wireBytes)}`
    },
  },
]

interface FirstEvent<T> extends Disposable {
  readonly ready: Promise<void>
  readonly event: Promise<T>
}

interface Listening extends Disposable {
  readonly ready: Promise<void>
}

function firstEvent<T>(
  listen: (listener: (payload: T) => void) => Listening,
  wanted: (payload: T) => boolean = () => true,
): FirstEvent<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const listening = listen((payload) => {
    if (wanted(payload)) resolve(payload)
  })
  return {
    ready: listening.ready,
    event: promise,
    [Symbol.dispose]() {
      listening[Symbol.dispose]()
    },
  }
}

function* pieces(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const size = 64 * 1024
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

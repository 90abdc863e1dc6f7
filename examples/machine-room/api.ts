import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

/** What the machine is: asked once per visit. */
export const MachineInfo = v.object({
  runtime: v.picklist(['node', 'bun', 'deno']),
  runtimeVersion: v.string(),
  platform: v.string(),
  cpuModel: v.string(),
  cpuCount: v.number(),
  totalMemoryBytes: v.number(),
  /** When the machine came up. */
  bootedAt: v.date(),
  /** How many samples the server keeps for those who come late or come back. */
  keptSamples: v.number(),
  sampleEveryMs: v.number(),
})
export type MachineInfo = v.InferOutput<typeof MachineInfo>

/** What the machine did since the sample before. Shares are 0 to 1, rates are bytes per second. */
export const Sample = v.object({
  at: v.date(),
  /** Busy share of each core. */
  cores: v.array(v.number()),
  memory: v.object({
    usedBytes: v.number(),
    cachedBytes: v.number(),
    totalBytes: v.number(),
    swapUsedBytes: v.number(),
  }),
  load: v.tuple([v.number(), v.number(), v.number()]),
  network: v.object({ receivedPerSecond: v.number(), sentPerSecond: v.number(), loopbackPerSecond: v.number() }),
})
export type Sample = v.InferOutput<typeof Sample>

export const ProcessRow = v.object({
  pid: v.number(),
  name: v.string(),
  user: v.string(),
  state: v.string(),
  /** Share of one core since the last look; above 1 with several busy threads. */
  cpu: v.number(),
  memoryBytes: v.number(),
  threads: v.number(),
  startedAt: v.date(),
})
export type ProcessRow = v.InferOutput<typeof ProcessRow>

export const processColumns = ['cpu', 'memoryBytes', 'pid', 'name', 'user', 'threads', 'startedAt'] as const
export type ProcessColumn = (typeof processColumns)[number]

export const Note = v.object({ id: v.string(), author: v.string(), text: v.string(), writtenAt: v.date() })
export type Note = v.InferOutput<typeof Note>

export const NOTE_LIMIT = 100
export const NOTE_LENGTH = 280

export const api = router({
  machine: {
    info: query({ output: MachineInfo }),
    /** One sample per tick. The resume value is the sample's time, so that it means the same after a server restart. */
    samples: subscription({
      input: v.object({ since: v.optional(v.number()) }),
      output: Sample,
      resume: v.number(),
    }),
    processes: query({
      input: v.object({
        sort: v.picklist(processColumns),
        descending: v.boolean(),
        search: v.pipe(v.string(), v.maxLength(100)),
        limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
      }),
      output: v.object({ total: v.number(), matching: v.number(), rows: v.array(ProcessRow) }),
    }),
  },
  notes: {
    list: query({ output: v.array(Note) }),
    add: mutation({
      input: v.object({
        text: v.pipe(v.string(), v.trim(), v.nonEmpty('A note needs a text'), v.maxLength(NOTE_LENGTH)),
      }),
      output: Note,
      errors: { BOARD_FULL: v.object({ limit: v.number() }) },
    }),
    remove: mutation({
      input: v.object({ id: v.string() }),
      errors: { NOTE_GONE: v.object({ id: v.string() }) },
      idempotent: true,
    }),
    added: event({ payload: Note }),
    removed: event({ payload: v.object({ id: v.string() }) }),
  },
  room: {
    /** Everybody who listens is in the room, under the name given when the line was opened. */
    present: event({ payload: v.array(v.object({ id: v.string(), name: v.string() })) }),
    who: query({ output: v.array(v.object({ id: v.string(), name: v.string() })) }),
  },
  files: {
    /** Hashes a file while it arrives. Every answer is what has been hashed so far; the last one carries the digest. */
    hash: duplex({
      input: v.object({ name: v.pipe(v.string(), v.maxLength(255)), sizeBytes: v.pipe(v.number(), v.minValue(0)) }),
      up: v.instance(Uint8Array),
      output: v.object({ receivedBytes: v.number(), sha256: v.optional(v.string()) }),
      errors: {
        FILE_TOO_LARGE: v.object({ limitBytes: v.number() }),
        SIZE_DIFFERS: v.object({ announcedBytes: v.number(), receivedBytes: v.number() }),
      },
      // Most large files are compressed already.
      compress: false,
    }),
  },
  line: {
    /** Cuts the socket under this connection without a word, as a bad network would. */
    cut: mutation({ input: v.object({ afterMs: v.pipe(v.number(), v.minValue(0), v.maxValue(10_000)) }) }),
  },
})

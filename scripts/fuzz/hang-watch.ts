import { writeFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { formatInput } from './corpus.ts'
import type { FuzzInput } from './fuzz-target.ts'

/** Longer than any machine is busy with something else. */
const HANG_MS = 60_000
const CHECK_MS = 5000
const ROOM_BYTES = 8 * 1024 * 1024
/** In front: the number of the run, and how many steps it has. */
const HEAD_WORDS = 2

interface Watched {
  readonly shared: SharedArrayBuffer
  readonly file: string
  readonly hangMs: number
}

export interface HangWatch {
  /** An input is about to run. */
  begin(input: FuzzInput): void
  /** Resolves once it looks on. */
  readonly watching: Promise<void>
  stop(): Promise<number>
}

/**
 * Ends the process where one input runs forever, and leaves it in `file`: a thread that hangs cannot tell.
 *
 * @param hangMs after how long @default 60 s
 */
export function startHangWatch(file: string, hangMs: number = HANG_MS): HangWatch {
  const shared = new SharedArrayBuffer(HEAD_WORDS * 4 + ROOM_BYTES)
  const head = new Int32Array(shared, 0, HEAD_WORDS)
  const room = new DataView(shared, HEAD_WORDS * 4)
  const bytes = new Uint8Array(shared, HEAD_WORDS * 4)
  const worker = new Worker(new URL(import.meta.url), { workerData: { shared, file, hangMs } satisfies Watched })
  const watching = new Promise<void>((resolve) => {
    worker.once('message', () => {
      // From now on the runs keep the process alive, not what watches them.
      worker.unref()
      resolve()
    })
  })
  return {
    watching,
    begin(input) {
      let at = 0
      for (const step of input) {
        if (at + 4 + step.byteLength > ROOM_BYTES) break
        room.setUint32(at, step.byteLength)
        bytes.set(step, at + 4)
        at += 4 + step.byteLength
      }
      head[1] = input.length
      Atomics.add(head, 0, 1)
    },
    stop: () => worker.terminate(),
  }
}

function watch({ shared, file, hangMs }: Watched): void {
  const head = new Int32Array(shared, 0, HEAD_WORDS)
  let run = Atomics.load(head, 0)
  let since = performance.now()
  setInterval(
    () => {
      const now = performance.now()
      const latest = Atomics.load(head, 0)
      if (latest !== run) {
        run = latest
        since = now
      } else if (run > 0 && now - since > hangMs) {
        writeFileSync(file, `${formatInput(inputIn(shared))}\n`)
        // Not by `console`: the thread that would write it hangs.
        writeFileSync(2, `FOUND (hangs): an input runs for more than ${hangMs} ms. It is in ${file}\n`)
        process.kill(process.pid, 'SIGKILL')
      }
    },
    Math.min(CHECK_MS, hangMs),
  )
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage('watching')
}

function inputIn(shared: SharedArrayBuffer): FuzzInput {
  const steps = new Int32Array(shared, 0, HEAD_WORDS)[1] ?? 0
  const room = new DataView(shared, HEAD_WORDS * 4)
  const input: Uint8Array[] = []
  for (let at = 0; input.length < steps && at + 4 <= room.byteLength; ) {
    const length = room.getUint32(at)
    input.push(new Uint8Array(shared, HEAD_WORDS * 4 + at + 4, length).slice())
    at += 4 + length
  }
  return input
}

if (!isMainThread && (workerData as Partial<Watched> | null)?.shared !== undefined) watch(workerData as Watched)

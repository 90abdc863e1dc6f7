import type { Client, ItemStream } from '@tautline/client'
import type { faultApi } from './fault-api.ts'
import { Ledger, type LedgerOptions, type Verdict } from './ledger.ts'

/** A client whose every call, item and event has a number, and books that are kept of them. Runs on every runtime. */
export interface NumberedLine {
  /** Never rejects: what comes of it stands in the books. */
  call(n: number): Promise<void>
  /** Takes the next item of a stream, unless that one is over. */
  take(stream: number): Promise<void>
  /** Reads all streams to their end, asks the server what ran, and closes the books. */
  finish(): Promise<Verdict>
}

export interface NumberedLineOptions extends LedgerOptions {
  /** Keeps it apart from other lines to the same server. */
  readonly load: string
}

/** Every third call answers in the turn it came in, others one and two turns later. */
const TURNS = 3

/**
 * Streams of an even index can be resumed by the application, others cannot. Resolves when the server has accepted the
 * listener, so that no event can be missed.
 */
export async function createNumberedLine(
  client: Client<typeof faultApi>,
  { load, ...ledgerOptions }: NumberedLineOptions,
): Promise<NumberedLine> {
  const ledger = new Ledger(ledgerOptions)
  const to = ledgerOptions.itemsPerStream
  let calls = 0
  const listening = client.ran.on(
    { load },
    ({ serial }) => {
      ledger.event(serial)
    },
    {
      onGap: () => {
        ledger.eventGap()
      },
    },
  )
  await listening.ready
  const streams: (ItemStream<number, unknown> | 'over')[] = Array.from({ length: ledgerOptions.streams }, (_, index) =>
    index % 2 === 0 ? client.resumableCount({ to }) : client.count({ to }),
  )

  async function take(index: number): Promise<void> {
    const stream = streams[index]
    if (stream === undefined || stream === 'over') return
    try {
      const item = await stream.next()
      if (item.done !== true) {
        ledger.item(index, item.value)
        return
      }
      ledger.streamEnded(index)
    } catch (error) {
      ledger.streamFailed(index, error)
    }
    streams[index] = 'over'
  }

  async function drain(index: number): Promise<void> {
    while (streams[index] !== 'over') await take(index)
  }

  return {
    async call(n) {
      calls = Math.max(calls, n + 1)
      ledger.called(n)
      try {
        ledger.answered(n, await client.run({ load, n, turns: n % TURNS }))
      } catch (error) {
        ledger.failed(n, error)
      }
    },
    take,
    async finish() {
      await Promise.all(streams.map((_, index) => drain(index)))
      const verdict = ledger.close(await client.runs({ load, count: calls }))
      listening.off()
      return verdict
    },
  }
}

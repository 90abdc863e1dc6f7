import { implement, tracked } from '@tautline/server'
import { api, NOTE_LIMIT } from './api.ts'
import type { HashProgress } from './machine/file-hash.ts'
import { hashPieces } from './machine/file-hash.ts'
import type { Machine } from './machine/machine.ts'
import type { NoteBoard } from './note-board.ts'
import type { Visitors } from './visitors.ts'

export const FILE_LIMIT_BYTES = 4 * 1024 ** 3
const NAME_LENGTH = 40

export interface Room {
  readonly machine: Machine
  readonly board: NoteBoard
  readonly visitors: Visitors
  /** Tells all tabs. */
  readonly announce: {
    added(note: ReturnType<NoteBoard['add']>): void
    removed(id: string): void
  }
}

/** What every procedure of the room does. */
export function createHandlers({ machine, board, visitors, announce }: Room) {
  const app = implement(api).context(({ auth }) => ({ name: nameIn(auth) }))

  const machineHandlers = app.machine.handlers({
    info: () => machine.info(),
    processes: ({ input }) => machine.processes.page(input),
    async *samples({ input, resume, signal, fail }) {
      const { samples } = machine
      // Who comes back must miss nothing; who comes first takes what is there.
      if (resume !== undefined && !samples.reachesBackTo(resume)) fail('GAP')
      for await (const sample of samples.after(resume ?? input.since ?? 0, signal)) {
        yield tracked(sample.at.getTime(), sample)
      }
    },
  })

  const notesHandlers = app.notes.handlers({
    list: () => board.list(),
    add: ({ input, ctx, fail }) => {
      if (board.isFull) fail('BOARD_FULL', { limit: NOTE_LIMIT })
      const note = board.add(ctx.name, input.text)
      announce.added(note)
      return note
    },
    remove: ({ input, fail }) => {
      if (!board.remove(input.id)) fail('NOTE_GONE', { id: input.id })
      announce.removed(input.id)
    },
  })

  return app.handlers({
    machine: machineHandlers,
    notes: notesHandlers,
    room: {
      who: () => visitors.list(),
      present: ({ ctx, connection }) => visitors.enter({ id: connection.id, name: ctx.name }),
    },
    files: {
      async *hash({ input, up, fail }) {
        if (input.sizeBytes > FILE_LIMIT_BYTES) fail('FILE_TOO_LARGE', { limitBytes: FILE_LIMIT_BYTES })
        let last: HashProgress = { receivedBytes: 0 }
        for await (last of hashPieces(up)) {
          const { receivedBytes } = last
          if (receivedBytes > input.sizeBytes || (last.sha256 !== undefined && receivedBytes < input.sizeBytes)) {
            fail('SIZE_DIFFERS', { announcedBytes: input.sizeBytes, receivedBytes })
          }
          yield last
        }
      },
    },
    line: {
      cut: ({ input, connection }) => {
        setTimeout(() => {
          connection.terminate()
        }, input.afterMs)
      },
    },
  })
}

/** The name a client gave. Anything will do, it is no login; but it stands on other people's screens. */
function nameIn(auth: unknown): string {
  const name = typeof auth === 'object' && auth !== null && 'name' in auth ? auth.name : undefined
  return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, NAME_LENGTH) : 'Guest'
}

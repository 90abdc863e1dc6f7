import { randomUUID } from 'node:crypto'
import type { Note } from './api.ts'

/** The notes of all tabs, newest last. In memory: the board is wiped with the server. */
export class NoteBoard {
  readonly #limit: number
  readonly #notes = new Map<string, Note>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#notes.size >= this.#limit
  }

  list(): Note[] {
    return [...this.#notes.values()]
  }

  add(author: string, text: string): Note {
    const note: Note = { id: randomUUID(), author, text, writtenAt: new Date() }
    this.#notes.set(note.id, note)
    return note
  }

  /** False when there is no such note, or no longer. */
  remove(id: string): boolean {
    return this.#notes.delete(id)
  }
}

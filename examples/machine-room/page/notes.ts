import type { InferErrors } from '@tautline/core'
import type { api, Note } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatClock, hueOf } from './format.ts'
import type { RoomClient } from './main.ts'

const PATIENCE_MS = 15_000

/** The board: a query for what is there, mutations that change it, events for what others do. */
export function showNotes(client: RoomClient): void {
  const list = byId('note-list', HTMLUListElement)
  const form = byId('note-form', HTMLFormElement)
  const text = byId('note-text', HTMLInputElement)
  const notes = new Map<string, Note>()

  const draw = (): void => {
    const newestFirst = [...notes.values()].sort((a, b) => b.writtenAt.getTime() - a.writtenAt.getTime())
    list.replaceChildren(...newestFirst.map((note) => noteItem(note, () => void remove(note.id))))
    if (notes.size === 0) list.append(make('li', { className: 'empty', text: 'Nothing here yet.' }))
  }

  /** Reads the whole board: at the start, and whenever events may have been missed. */
  const reload = async (): Promise<void> => {
    const all = await client.notes.list().result()
    if (!all.ok) return
    notes.clear()
    for (const note of all.value) notes.set(note.id, note)
    draw()
  }

  const add = async (): Promise<void> => {
    const made = await client.notes.add({ text: text.value }, { timeoutMs: PATIENCE_MS }).result()
    complain(made.ok ? null : whyNotPinned(made.error))
    if (!made.ok) return
    text.value = ''
    notes.set(made.value.id, made.value)
    draw()
  }

  const remove = async (id: string): Promise<void> => {
    const gone = await client.notes.remove({ id }).result()
    const isGone = gone.ok || gone.error.code === 'NOTE_GONE'
    complain(isGone ? null : gone.error.message)
    if (isGone) notes.delete(id)
    draw()
  }

  let adding: Promise<void> | undefined
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    // Pinned once, however often Enter is pressed while the line is down.
    adding ??= add().finally(() => {
      adding = undefined
    })
  })
  // After a lost connection both are listened to again, and what happened between is read.
  client.notes.added.on(
    (note) => {
      notes.set(note.id, note)
      draw()
    },
    { onGap: () => void reload() },
  )
  client.notes.removed.on(({ id }) => {
    notes.delete(id)
    draw()
  })
  void reload()
}

/** `null` takes the complaint back. */
function complain(message: string | null): void {
  const problem = byId('note-error', HTMLParagraphElement)
  problem.hidden = message === null
  problem.textContent = message
}

/** Codes that the contract declares come with their data, typed; Tautline's own codes beside them. */
function whyNotPinned(error: InferErrors<typeof api.notes.add>): string {
  if (error.code === 'BOARD_FULL') return `The board holds ${String(error.data.limit)} notes. Take one down first.`
  if (error.code === 'INVALID_INPUT') return error.data.issues.map(({ message }) => message).join('. ')
  if (error.code === 'CONNECTION_LOST') return 'The line broke. Look whether your note arrived before you try again.'
  return error.message
}

function noteItem(note: Note, onRemove: () => void): HTMLLIElement {
  const item = make('li')
  item.style.setProperty('--hue', hueOf(note.author))
  const remove = make('button', { text: '✕', title: 'Take this note down', label: `Take down: ${note.text}` })
  remove.type = 'button'
  remove.addEventListener('click', onRemove)
  const signature = `${note.author} · ${formatClock(note.writtenAt)}`
  item.append(
    make('span', { text: note.text }),
    make('small', { text: signature, title: note.writtenAt.toLocaleString() }),
    remove,
  )
  return item
}

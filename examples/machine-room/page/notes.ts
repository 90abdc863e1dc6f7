import type { Note } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatAge, hueOf } from './format.ts'
import type { RoomClient } from './main.ts'

/** The board: a query for what is there, a mutation to add, events for what others do. */
export function showNotes(client: RoomClient): void {
  const list = byId('note-list', HTMLUListElement)
  const form = byId('note-form', HTMLFormElement)
  const text = byId('note-text', HTMLInputElement)
  const problem = byId('note-error', HTMLParagraphElement)
  const notes = new Map<string, Note>()

  const draw = (): void => {
    const newestFirst = [...notes.values()].sort((a, b) => b.writtenAt.getTime() - a.writtenAt.getTime())
    list.replaceChildren(...newestFirst.map((note) => noteItem(note, () => void remove(note.id))))
    if (notes.size === 0) list.append(make('li', { className: 'empty', text: 'Nothing here yet.' }))
  }
  const complain = (message: string | undefined): void => {
    problem.hidden = message === undefined
    problem.textContent = message ?? ''
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
    const made = await client.notes.add({ text: text.value }, { timeoutMs: 15_000 }).result()
    if (made.ok) {
      complain(undefined)
      text.value = ''
      notes.set(made.value.id, made.value)
      draw()
      return
    }
    const { error } = made
    if (error.code === 'BOARD_FULL') complain(`The board holds ${String(error.data.limit)} notes. Take one down first.`)
    else if (error.code === 'CONNECTION_LOST')
      complain('The line broke. Look whether your note arrived before you try again.')
    else complain(error.message)
  }
  const remove = async (id: string): Promise<void> => {
    const gone = await client.notes.remove({ id }).result()
    if (gone.ok || gone.error.code === 'NOTE_GONE') notes.delete(id)
    draw()
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void add()
  })
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
  setInterval(draw, 30_000)
}

function noteItem(note: Note, onRemove: () => void): HTMLLIElement {
  const item = make('li')
  item.style.setProperty('--hue', hueOf(note.author))
  const remove = make('button', { text: '✕', title: 'Take this note down' })
  remove.type = 'button'
  remove.addEventListener('click', onRemove)
  item.append(
    make('span', { text: note.text }),
    make('small', { text: `${note.author}, ${formatAge(Date.now() - note.writtenAt.getTime())} ago` }),
    remove,
  )
  return item
}

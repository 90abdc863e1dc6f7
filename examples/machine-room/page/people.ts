import { byId, make } from './dom.ts'
import { hueOf } from './format.ts'
import type { RoomClient } from './main.ts'

const SHOWN = 6

/** An event: to listen to it is to be in the room. The server ends the listening with the connection, so nobody stays behind. */
export function showPeople(client: RoomClient, me: string): void {
  const list = byId('people', HTMLUListElement)
  const draw = (people: readonly { readonly name: string }[]): void => {
    list.replaceChildren(
      ...people.slice(0, SHOWN).map(({ name }) => {
        const item = make('li', { text: initials(name), title: name === me ? `${name} (you)` : name })
        if (name === me) item.classList.add('me')
        item.style.setProperty('--hue', hueOf(name))
        return item
      }),
    )
    if (people.length > SHOWN) list.append(make('li', { text: `+${String(people.length - SHOWN)}` }))
    list.setAttribute('aria-label', `${String(people.length)} here: ${people.map(({ name }) => name).join(', ')}`)
  }
  const ask = async (): Promise<void> => {
    const people = await client.room.who().result()
    if (people.ok) draw(people.value)
  }
  // Whoever comes after us is announced; who was here before is asked for, once we are in and whenever news may be missing.
  const listening = client.room.present.on(draw, { onGap: () => void ask() })
  listening.ready.then(ask, () => undefined)
}

function initials(name: string): string {
  return name
    .split(' ')
    .map((word) => word.slice(0, 1).toUpperCase())
    .join('')
    .slice(0, 2)
}

/** What a protocol written by hand for one application looks like: `[type, id, procedure, value]`, and answers without the name. */
export type Message =
  | readonly [type: typeof Type.Call, id: number, procedure: string, value: unknown]
  | readonly [type: typeof Type.Answer, id: number, value: unknown]
  | readonly [type: typeof Type.Item, id: number, value: unknown]
  | readonly [type: typeof Type.End, id: number]
  | readonly [type: typeof Type.Event, name: string, value: unknown]

export const Type = { Call: 0, Answer: 1, Item: 2, End: 3, Event: 4 } as const

/** How messages become bytes and leave: one by one, or those of a turn together. */
export interface Packing {
  /** For many receivers at once. */
  pack(message: Message): Uint8Array
  unpack(bytes: Uint8Array): readonly Message[]
  createOutbox(send: (bytes: Uint8Array) => void): (message: Message) => void
}

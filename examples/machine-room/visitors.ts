export interface Visitor {
  readonly id: string
  readonly name: string
}

/** Who is in the room, in order of arrival. */
export class Visitors {
  readonly #here = new Map<string, Visitor>()
  readonly #onChange: (visitors: Visitor[]) => void

  constructor(onChange: (visitors: Visitor[]) => void) {
    this.#onChange = onChange
  }

  list(): Visitor[] {
    return [...this.#here.values()]
  }

  /** The returned function is the way out. */
  enter(visitor: Visitor): () => void {
    this.#here.set(visitor.id, visitor)
    this.#onChange(this.list())
    return () => {
      if (this.#here.delete(visitor.id)) this.#onChange(this.list())
    }
  }
}

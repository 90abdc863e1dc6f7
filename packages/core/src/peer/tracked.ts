const mark: unique symbol = Symbol('tautline.tracked')

/** An item of a resumable stream with the value at which the stream goes on after it. */
export interface Tracked<Resume = unknown, Item = unknown> {
  readonly [mark]: true
  readonly resume: Resume
  readonly item: Item
}

/**
 * Marks an item of a subscription that declares `resume`: `yield tracked(row.seq, row)`. After a lost session the
 * client subscribes again with the `resume` of the last item its application has seen.
 */
export function tracked<Resume, Item>(resume: Resume, item: Item): Tracked<Resume, Item> {
  return { [mark]: true, resume, item }
}

export function isTracked(value: unknown): value is Tracked {
  return typeof value === 'object' && value !== null && mark in value
}

/** Faults to be built in, each of which a soak must find. */
export const sabotages = ['leak', 'wrong-answer', 'run-twice', 'hole', 'order', 'timer', 'rejection'] as const
export type Sabotage = (typeof sabotages)[number]

export type Saboteur = (sabotage: Sabotage) => boolean

/** Every so many times it could, a saboteur strikes. */
const EVERY = 10

/** @returns whether to do it now */
export function createSaboteur(chosen: readonly Sabotage[]): Saboteur {
  const asked = new Map<Sabotage, number>()
  return (sabotage) => {
    if (!chosen.includes(sabotage)) return false
    const count = (asked.get(sabotage) ?? 0) + 1
    asked.set(sabotage, count)
    return sabotage === 'leak' || count % EVERY === 0
  }
}

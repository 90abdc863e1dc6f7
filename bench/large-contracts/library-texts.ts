import { effectText } from './effect-text.ts'
import type { LibraryText } from './library-text.ts'
import { orpcText } from './orpc-text.ts'
import { tautlineText } from './tautline-text.ts'
import { trpcText } from './trpc-text.ts'

const texts: ReadonlyMap<string, LibraryText> = new Map([
  ['tautline', tautlineText],
  ['trpc', trpcText],
  ['orpc', orpcText],
  ['effect', effectText],
])

/** Names of the subjects whose types follow from a contract. */
export const typedSubjects: readonly string[] = [...texts.keys()]

export function libraryTextOf(subject: string): LibraryText {
  const text = texts.get(subject)
  if (text === undefined) throw new RangeError(`Expected one of ${typedSubjects.join(', ')}, got \`${subject}\``)
  return text
}

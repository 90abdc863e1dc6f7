/** How often each name stands in a list. */
export function countByName(names: Iterable<string>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

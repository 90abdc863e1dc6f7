const FIRST = 'Amber Brisk Calm Deft Early Fond Glad Hardy Keen Lively Merry Noble Quiet Swift'.split(' ')
const SECOND = 'Badger Crane Dolphin Egret Falcon Heron Ibis Lynx Marten Otter Puffin Raven Swan Wren'.split(' ')

/** A name for this tab, kept as long as the tab. */
export function nameOfTab(): string {
  const kept = sessionStorage.getItem('name')
  if (kept !== null) return kept
  const pick = (names: readonly string[]): string => names[Math.floor(Math.random() * names.length)] ?? 'Guest'
  const name = `${pick(FIRST)} ${pick(SECOND)}`
  sessionStorage.setItem('name', name)
  return name
}

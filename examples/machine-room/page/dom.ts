/** The element of that id; the page is broken without it, so its absence is an error. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`Expected the page to hold a ${type.name} with the id "${id}"`)
  return found
}

/** A new element with text: text only, so that nothing a stranger wrote becomes markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: { readonly className?: string; readonly text?: string; readonly title?: string } = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (properties.className !== undefined) element.className = properties.className
  if (properties.text !== undefined) element.textContent = properties.text
  if (properties.title !== undefined) element.title = properties.title
  return element
}

/** The element of that id; the page is broken without it, so its absence is an error. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`Expected the page to hold a ${type.name} with the id "${id}"`)
  return found
}

export interface ElementProperties {
  readonly className?: string
  readonly text?: string
  /** Shown when pointed at. */
  readonly title?: string
  /** Said by screen readers in place of the text. */
  readonly label?: string
}

/** A new element with text: text only, so that nothing a stranger wrote becomes markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: ElementProperties = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (properties.className !== undefined) element.className = properties.className
  if (properties.text !== undefined) element.textContent = properties.text
  if (properties.title !== undefined) element.title = properties.title
  if (properties.label !== undefined) element.ariaLabel = properties.label
  return element
}

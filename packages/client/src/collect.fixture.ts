/** What a stream has given so far; filled as the clock moves. */
export function collect<T>(stream: AsyncIterable<T>): { readonly items: T[]; readonly end: Promise<unknown> } {
  const items: T[] = []
  const end = (async () => {
    try {
      for await (const item of stream) items.push(item)
      return 'done'
    } catch (error) {
      return error
    }
  })()
  return { items, end }
}

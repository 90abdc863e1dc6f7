import type { HeaderList } from '../header-list.ts'
import { parseAddress } from './ip-address.ts'

/** What one proxy says of whom it was asked by. */
export interface ForwardedHop {
  /** `undefined` where it does not tell, or tells no address. */
  readonly address: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+"
/** One pair of RFC 7239 and what ends it. Addresses stand unquoted in the wild where they may not, so more than tokens is taken. */
const PAIR = `[ \\t]*(${TOKEN})=(?:"((?:[^"\\\\]|\\\\.)*)"|([^",; \\t]*))[ \\t]*(;|,|$)`

/** The addresses of `X-Forwarded-For`, the one of the nearest proxy last. */
export function addressesForwardedFor(headers: HeaderList): readonly (string | undefined)[] {
  const value = headers.get('x-forwarded-for')
  return value === null ? [] : value.split(',').map(parseNode)
}

/** The last value of a list: what the nearest proxy says. */
export function lastValue(headers: HeaderList, name: string): string | undefined {
  const value = headers.get(name)
  return value === null ? undefined : value.slice(value.lastIndexOf(',') + 1).trim()
}

/** The elements of `Forwarded` (RFC 7239), the one of the nearest proxy last; none where one of them cannot be read. */
export function forwardedHops(headers: HeaderList): readonly ForwardedHop[] {
  const value = headers.get('forwarded')
  if (value === null) return []
  const pair = new RegExp(PAIR, 'y')
  const hops: ForwardedHop[] = []
  let pairs = new Map<string, string>()
  for (let at = 0; ; ) {
    pair.lastIndex = at
    const match = pair.exec(value)
    // Where an element ends, nobody can tell any more: a quote that a client left open would swallow those of the proxies.
    if (match === null) return []
    const [all, name = '', quoted, bare = '', end] = match
    pairs.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare)
    at += all.length
    if (end === ';') continue
    hops.push(hopOf(pairs))
    if (end === '') return hops
    pairs = new Map()
  }
}

function hopOf(pairs: ReadonlyMap<string, string>): ForwardedHop {
  const node = pairs.get('for')
  return {
    address: node === undefined ? undefined : parseNode(node),
    proto: pairs.get('proto'),
    host: pairs.get('host'),
  }
}

/** An address, with brackets and a port where those are given. */
function parseNode(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::[\w.-]+)?$/.exec(text.trim()) ?? []
  // What is left has more colons than one: IPv6 as it is.
  return parseAddress(bracketed ?? plain ?? text.trim())?.text
}

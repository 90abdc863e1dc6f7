/**
 * By what an address is counted: one household or server is to be one, and nobody else.
 */

const GROUPS = 8
/** A /64 is what one customer gets at least: whoever has it has all of its addresses. */
const NETWORK_GROUPS = 4

/**
 * IPv4 as it is, IPv6 by its /64; what is neither, such as what `addressOf` makes up, as it is. An IPv4 address in the
 * clothes of an IPv6 one (`::ffff:192.0.2.1`) is that IPv4 address.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const [plain = ''] = address.toLowerCase().split('%')
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (v4 !== undefined) return v4
  const groups = groupsOf(plain)
  return groups === undefined ? address : `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`
}

function groupsOf(address: string): readonly string[] | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const groups =
    tail === undefined
      ? head
      : [...head, ...Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill('0'), ...tail]
  const isWhole = groups.length === GROUPS && groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))
  return isWhole ? groups.map((group) => Number.parseInt(group, 16).toString(16)) : undefined
}

/**
 * Whether an address is of a machine's own or of a private network (RFC 1918, RFC 4193, loopback, link-local): of a proxy
 * of yours more often than of a client.
 */
export function isPrivateAddress(address: string): boolean {
  const key = addressKey(address)
  return PRIVATE.some((pattern) => pattern.test(key))
}

const PRIVATE = [
  /^127\./,
  /^10\./,
  /^192\.168\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  // `::1`, of which the /64 is left.
  /^0:0:0:0::\/64$/,
  /^f[cd][0-9a-f]{2}:/,
  /^fe[89ab][0-9a-f]:/,
]

/** An address as a number: IPv4 stands within IPv6 as `::ffff:a.b.c.d`, so that both are matched alike. */
export interface IpAddress {
  /** Written in the one way it is always written: the shortest, an IPv4 address plainly. */
  readonly text: string
  readonly bits: bigint
}

/** Addresses that begin alike. */
export interface IpRange {
  readonly bits: bigint
  /** How many bits count, of 128. */
  readonly prefix: number
}

const BITS = 128
const V4_BITS = 32
const V4_MAPPED = 0xffffn << 32n

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** No other form: what some read as octal, hexadecimal or one number is no address here. */
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const V6 = /^[\da-f:.]*:[\da-f:.]*$/i

/** `undefined` for anything else, one with a zone, port or brackets included. */
export function parseAddress(text: string): IpAddress | undefined {
  if (V4.test(text)) return { text, bits: V4_MAPPED | bitsOfV4(text) }
  // The platform knows IPv6 in all its forms, and writes it in one.
  const url = `http://[${text}]/`
  if (!V6.test(text) || !URL.canParse(url)) return undefined
  const written = new URL(url).hostname.slice(1, -1)
  const bits = bitsOfV6(written)
  return bits >> 32n === 0xffffn ? { text: plainV4(bits), bits } : { text: written, bits }
}

/** `10.0.0.0/8`, `2001:db8::/32` or one address. `undefined` for anything else, one with bits behind its prefix included. */
export function parseRange(text: string): IpRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const parsed = parseAddress(address)
  if (parsed === undefined || rest.length > 0) return undefined
  if (length === undefined) return { bits: parsed.bits, prefix: BITS }
  const most = address.includes(':') ? BITS : V4_BITS
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) return undefined
  const prefix = BITS - most + Number(length)
  const isWhole = BigInt.asUintN(BITS - prefix, parsed.bits) === 0n
  return isWhole ? { bits: parsed.bits, prefix } : undefined
}

export function isInRange(address: IpAddress, { bits, prefix }: IpRange): boolean {
  return (address.bits ^ bits) >> BigInt(BITS - prefix) === 0n
}

function bitsOfV4(text: string): bigint {
  return text.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n)
}

/** Of the form that the platform writes: groups of hexadecimal digits, at most one run of zeros left out. */
function bitsOfV6(written: string): bigint {
  const [head = '', tail] = written.split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...between, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))

function plainV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.')
}

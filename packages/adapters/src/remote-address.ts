/** An IPv4 client of a dual-stack socket is told as `::ffff:192.0.2.1`: written plainly, it equals itself everywhere. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true && address.includes('.') ? address.slice('::ffff:'.length) : address
}

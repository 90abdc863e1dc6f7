const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

const WITHOUT_SECONDS = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })
const WITH_SECONDS = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** `1536` → `1.5 KB`, in steps of 1024. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${UNITS[unit] ?? 'B'}`
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** `0.081` → `8.1 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`
}

/** `3 d 4 h`, `12 min`, `8 s`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${String(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${String(minutes)} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${String(hours)} h ${String(minutes % 60)} min`
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`
}

/** `07:25`, or `07:25:30`, the same everywhere on the page. */
export function formatClock(time: Date, seconds = false): string {
  return (seconds ? WITH_SECONDS : WITHOUT_SECONDS).format(time)
}

/** `long-poll` → `long poll`. */
export function formatTransport(transport: string): string {
  return transport === 'websocket' ? 'WebSocket' : transport.replaceAll('-', ' ')
}

/** The same colour for the same person, everywhere on the page. */
export function hueOf(name: string): string {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360
  return String(hash)
}

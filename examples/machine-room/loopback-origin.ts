const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Which pages may connect to a server on loopback: its own, by one of this machine's own names. That origin and host are
 * the same is not enough here: a stranger's page can have its name resolve to 127.0.0.1 (DNS rebinding), and then both
 * are the stranger's.
 */
export function isLoopbackOrigin(origin: string, host: string | null): boolean {
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  return LOOPBACK_NAMES.has(page.hostname) && page.host === host
}

/** Whether a server that listens on `host` can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host) || host === '::1'
}

/** Any logger with the usual methods: `console`, pino, winston, … Each line is one string. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** What comes from a peer may hold line breaks and control characters: it goes into a log as a JSON string only. */
export function quote(text: string): string {
  return JSON.stringify(text)
}

/** What a log says of anything that was thrown, and be it something that fails when it is looked at. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return quote(String(thrown))
    // Whatever their types say: both can be assigned.
    const text: unknown = thrown.stack ?? thrown.message
    return String(text)
  } catch {
    return 'something was thrown that cannot be shown'
  }
}

/** A log that cannot fail: a logger that throws must not end a connection. */
export function createSafeLog(log: Log | false): Log {
  if (log === false) return { info() {}, warn() {}, error() {} }
  const write = (level: keyof Log) => (message: string) => {
    try {
      log[level](message)
    } catch {
      // Nobody is left to be told.
    }
  }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}

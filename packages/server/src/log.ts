/** Any logger with the usual methods: `console`, pino, winston, … Each line is one string. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** DEL and C1, among them the start of a terminal's commands; line breaks and turns of direction, which JSON leaves as they are. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Those that JSON escapes, too. */
const UNSEEN_OR_CONTROL = new RegExp(`[\\u0000-\\u001f]|${UNSEEN.source}`, 'g')

/** What comes from a peer may hold line breaks and control characters: it goes into a log as a JSON string only. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll(UNSEEN, escaped)
}

/** What a log says of anything that was thrown, and be it something that fails when it is looked at. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return quote(String(thrown))
    // Whatever their types say: both can be assigned.
    const { stack, message }: { stack?: unknown; message: unknown } = thrown
    return withoutControls(String(stack ?? message), String(message))
  } catch {
    return 'something was thrown that cannot be shown'
  }
}

/** Only the lines of the trace may break: messages of errors often tell what a peer has sent. */
function withoutControls(stack: string, message: string): string {
  const shown = message.replaceAll(UNSEEN_OR_CONTROL, escaped)
  return message === '' ? stack : stack.replace(message, () => shown)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
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

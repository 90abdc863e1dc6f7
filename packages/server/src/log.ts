/**
 * What of a line of the log is for machines: `event` says what has happened, under a name that stays the same, and the
 * others tell of what. Strings and numbers alone: no payloads, no credentials, no URLs, and of what was thrown no more than
 * `describeThrown` says. docs/operations.md lists them all.
 */
export interface LogFields {
  readonly event: string
  readonly [name: string]: string | number | undefined
}

/**
 * A logger that takes the message first, as `console`, winston and consola do. The message by itself says all that a person
 * needs; `fields` say it to machines. One with a method `bindings` is pino, or made of it as Fastify's is, and is given the
 * fields first: its types allow either.
 */
export interface Log {
  info(message: string, fields: LogFields): void
  warn(message: string, fields: LogFields): void
  error(message: string, fields: LogFields): void
}

/** A logger that takes the fields first. */
export interface FieldsFirstLog {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

/** For loggers that take the fields first and are not known by themselves, such as bunyan. */
export function fieldsFirst(log: FieldsFirstLog): Log {
  return {
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => log.error(fields, message),
  }
}

/** DEL and C1, among them the start of a terminal's commands; line breaks and turns of direction, which JSON leaves as they are. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Those that JSON escapes, too. */
const UNSEEN_OR_CONTROL = new RegExp(`[\\u0000-\\u001f]|${UNSEEN.source}`, 'g')

/** What comes from a peer may hold line breaks and control characters: it goes into a log as a JSON string only. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll(UNSEEN, escaped)
}

/**
 * What a log says of anything that was thrown, and be it something that fails when it is looked at. Of an error that is its
 * stack: not its cause and its other members, which may hold what was sent.
 */
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

/** Nobody reads it: what has to be kept to write a line later need not be. */
export const SILENT_LOG: Log = Object.freeze({ info() {}, warn() {}, error() {} })

/** A log that cannot fail: a logger that throws must not end a connection. */
export function createSafeLog(log: Log | false | undefined): Log {
  if (log === false) return SILENT_LOG
  const sink = log === undefined ? messagesToConsole() : isPino(log) ? fieldsFirst(log) : log
  const write =
    (level: keyof Log): Log[typeof level] =>
    (message, fields) => {
      try {
        sink[level](message, fields)
      } catch {
        // Nobody is left to be told.
      }
    }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}

/** Somebody who looks on reads the message: the fields would say it twice. */
function messagesToConsole(): Log {
  return {
    info: (message) => console.info(message),
    warn: (message) => console.warn(message),
    error: (message) => console.error(message),
  }
}

function isPino(log: Log | FieldsFirstLog): log is FieldsFirstLog {
  return 'bindings' in log && typeof log.bindings === 'function'
}

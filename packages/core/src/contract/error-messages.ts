/**
 * The codes Tautline itself raises, and what each says where whoever raises it gives no message. A contract cannot
 * declare one of them again.
 */
export const ERROR_MESSAGES = {
  INVALID_INPUT: 'The input does not match its schema',
  UNKNOWN_PROCEDURE: 'The other end has no such procedure',
  UNAUTHORIZED: 'Credentials are missing or not valid',
  FORBIDDEN: 'The credentials do not allow this',
  TIMEOUT: 'The deadline has passed',
  CANCELLED: 'The call was cancelled',
  CONNECTION_LOST: 'The connection was lost before the answer came',
  CLIENT_CLOSED: 'The client is closed',
  QUEUE_FULL: 'Too much waits for the connection already',
  LIMIT_EXCEEDED: 'A limit would be exceeded',
  OVERLOADED: 'The other end has too much to do',
  KEY_REUSED: 'The idempotency key has been used with another input',
  RESULT_LOST: 'It has been run with this idempotency key, and what came of it is not known any more',
  GAP: 'The stream cannot go on from where it stopped without leaving something out',
  UNSERIALISABLE: 'A value cannot be serialised',
  INVALID_OUTPUT: 'What the other end sent does not match its schema',
  INTERNAL: 'The other end failed',
} as const

export type BuiltInCode = keyof typeof ERROR_MESSAGES

/** Whether a code, also one from the wire, is Tautline's own. */
export function isBuiltInCode(code: string): code is BuiltInCode {
  return Object.hasOwn(ERROR_MESSAGES, code)
}

/** Why a connection ended. */
export interface Ending {
  /** `local`: this end decided. `peer`: it sent CLOSE. `transport`: the transport was gone, with or without a code. */
  readonly origin: 'local' | 'peer' | 'transport'
  /** A `CloseCode`, or whatever the transport reported; 1006: gone without a word. */
  readonly code: number
  readonly reason: string
  /** Whether another attempt may succeed. */
  readonly retry: boolean
  /** No attempt before that, in ms: the other end has asked for it. */
  readonly retryAfterMs?: number | undefined
}

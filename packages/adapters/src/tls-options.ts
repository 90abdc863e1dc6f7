/** A certificate, behind it those that lead to its authority, and its key, as PEM. */
export interface Certificate {
  readonly key: string | Uint8Array
  readonly cert: string | Uint8Array
}

interface ClientChecks {
  readonly requestCert?: boolean | undefined
  readonly ca?: unknown
  readonly pfx?: unknown
}

/**
 * Without an authority of its own a server would take the certificates that public authorities give to anybody.
 * @throws TypeError
 */
export function checkClientAuthority({ requestCert, ca, pfx }: ClientChecks): void {
  if (requestCert !== true || ca !== undefined || pfx !== undefined) return
  throw new TypeError(
    'Expected `tls.ca` to say whose certificates clients may show, as `tls.requestCert` is set, got none',
  )
}

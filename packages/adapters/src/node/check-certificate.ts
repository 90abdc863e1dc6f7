import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Certificate } from '../tls-options.ts'

/**
 * A certificate and its key, as text. Deno 2.9 takes anything, and then fails every handshake.
 * @throws what node:crypto throws for what it cannot read; TypeError for a key of another certificate
 */
export function checkCertificate(
  certificate: Certificate,
  passphrase: string | undefined,
): { readonly key: string; readonly cert: string } {
  const key = textOf(certificate.key)
  const cert = textOf(certificate.cert)
  const privateKey = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) })
  if (new X509Certificate(cert).checkPrivateKey(privateKey)) return { key, cert }
  throw new TypeError('Expected `key` to be that of `cert`, got one of another certificate')
}

function textOf(pem: string | Uint8Array): string {
  return typeof pem === 'string' ? pem : new TextDecoder().decode(pem)
}

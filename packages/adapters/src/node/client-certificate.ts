import type { Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { ClientCertificate } from '@tautline/server'

/** By shape: Bun and Deno have sockets of their own. */
const isTls = (socket: Socket): socket is TLSSocket => 'authorized' in socket && 'getPeerCertificate' in socket

/** Only one that was checked: `authorized` is true where a certificate was asked for and an authority vouches for it. */
export function clientCertificateOf(socket: Socket): ClientCertificate | undefined {
  if (!isTls(socket) || !socket.authorized) return undefined
  // Empty where there is none, whatever its type says.
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate()
  const { raw, fingerprint256, serialNumber, subjectaltname, valid_to: validTo } = certificate
  if (raw === undefined || fingerprint256 === undefined) return undefined
  return {
    subject: namesOf(certificate.subject),
    issuer: namesOf(certificate.issuer),
    // Deno says '' for none.
    subjectAltName: subjectaltname === '' ? undefined : subjectaltname,
    fingerprint256,
    serialNumber: serialNumber ?? '',
    validToMs: Date.parse(validTo ?? ''),
    raw: new Uint8Array(raw),
  }
}

/** Without a prototype: what kinds of names there are is up to whoever made the certificate. */
function namesOf(names: object | undefined): ClientCertificate['subject'] {
  return Object.assign(Object.create(null), names) as ClientCertificate['subject']
}

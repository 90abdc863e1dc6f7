// Certificates of authorities of our own, made while a test runs: their keys are nowhere else.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** As PEM. */
interface Identity {
  readonly cert: string
  readonly key: string
}

export interface Authority extends Identity {
  issue(options: IssueOptions): Identity
  /** One that this one vouches for: what it issues comes with its own certificate. */
  createIntermediate(name: string): Authority
}

interface IssueOptions {
  readonly name: string
  readonly organization?: string
  /** Names and addresses that it is for. @default none */
  readonly hosts?: readonly string[]
  /** @default an hour ago */
  readonly from?: Date
  /** @default in an hour */
  readonly to?: Date
  readonly use?: 'server' | 'client'
}

const HOUR_MS = 3_600_000

/** A root that nobody trusts unless told so. */
export function createAuthority(name: string): Authority {
  const keys = generateKeys()
  const cert = createCertificate({ keys, subject: { name }, issuer: { name, keys }, isAuthority: true })
  return authorityOf({ name, keys }, { cert, chain: '' })
}

interface Keys {
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
}

function generateKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicKey, privateKey: createPrivateKey(privateKey) }
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

interface Issuer {
  readonly name: string
  readonly keys: Keys
}

function authorityOf(issuer: Issuer, own: { readonly cert: string; readonly chain: string }): Authority {
  return {
    cert: own.cert,
    key: pemOf(issuer.keys.privateKey),
    issue(options) {
      const keys = generateKeys()
      const cert = createCertificate({ keys, subject: options, issuer, isAuthority: false })
      return { cert: cert + own.chain, key: pemOf(keys.privateKey) }
    },
    createIntermediate(name) {
      const keys = generateKeys()
      const cert = createCertificate({ keys, subject: { name }, issuer, isAuthority: true })
      return authorityOf({ name, keys }, { cert, chain: cert + own.chain })
    },
  }
}

interface CertificateParts {
  readonly keys: Keys
  readonly subject: IssueOptions
  readonly issuer: Issuer
  readonly isAuthority: boolean
}

/** RFC 5280, as little of it as clients ask for. */
function createCertificate({ keys, subject, issuer, isAuthority }: CertificateParts): string {
  const { from = new Date(Date.now() - HOUR_MS), to = new Date(Date.now() + HOUR_MS) } = subject
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ECDSA_SHA256,
    nameOf({ name: issuer.name }),
    sequence(time(from), time(to)),
    nameOf(subject),
    keys.publicKey,
    der(0xa3, sequence(...keyIds(keys, issuer.keys), ...extensions(subject, isAuthority))),
  )
  const certificate = sequence(body, ECDSA_SHA256, bitString(sign('sha256', body, issuer.keys.privateKey)))
  const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

/** Of the subject and of who signs. */
function keyIds(own: Keys, signers: Keys): Buffer[] {
  const idOf = ({ publicKey }: Keys): Buffer => createHash('sha256').update(publicKey).digest().subarray(0, 20)
  return [
    extension('551d0e', false, der(0x04, idOf(own))),
    extension('551d23', false, sequence(der(0x80, idOf(signers)))),
  ]
}

function extensions({ hosts = [], use = 'server' }: IssueOptions, isAuthority: boolean): Buffer[] {
  const basic = extension('551d13', true, isAuthority ? sequence(TRUE) : sequence())
  // keyCertSign.
  if (isAuthority) return [basic, extension('551d0f', true, der(0x03, Buffer.of(2, 0x04)))]
  const purpose = oid(use === 'server' ? '2b06010505070301' : '2b06010505070302')
  const names = hosts.map((host) => (isIP(host) === 4 ? der(0x87, ipv4(host)) : der(0x82, Buffer.from(host))))
  return [
    basic,
    extension('551d25', false, sequence(purpose)),
    ...(names.length === 0 ? [] : [extension('551d11', false, sequence(...names))]),
  ]
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), der(0x04, value))
}

function nameOf({ name, organization }: { readonly name: string; readonly organization?: string }): Buffer {
  const attribute = (id: string, text: string): Buffer => der(0x31, sequence(oid(id), der(0x0c, Buffer.from(text))))
  return sequence(...(organization === undefined ? [] : [attribute('55040a', organization)]), attribute('550403', name))
}

/** As UTCTime, which is good until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2)}Z`))
}

const ipv4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number))

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const { byteLength } = value
  const length =
    byteLength < 0x80
      ? [byteLength]
      : byteLength < 0x100
        ? [0x81, byteLength]
        : [0x82, byteLength >> 8, byteLength & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), value])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes)
const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.of(0), bytes)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const TRUE = der(0x01, Buffer.of(0xff))
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))

// RFC 6455, 5.5.1 and 7: close frames, their codes and reasons.

import { closePayload, frameBytes, Opcode } from './frame-bytes.ts'
import { broken, closed, type FrameRule, garbled } from './frame-rule.ts'

const { Binary, Close } = Opcode

const close = (payload: Uint8Array): Uint8Array => frameBytes(Close, payload)

/** 7.4.1, and IANA's registry for what came later. */
const sendable = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999]
const never = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]

export const closingRules: readonly FrameRule[] = [
  closed(1005, 'a close frame without a code', close(Buffer.alloc(0))),
  broken('5.5.1', 'a close frame of one byte', close(Buffer.alloc(1))),
  closed(1000, 'a close frame of 125 bytes', close(closePayload(1000, 'a'.repeat(123)))),
  closed(
    1000,
    'a close frame between two fragments',
    Buffer.concat([frameBytes(Binary, Buffer.of(1), { fin: false }), close(closePayload(1000))]),
  ),
  closed(4000, 'two close frames', Buffer.concat([close(closePayload(4000)), close(closePayload(4001))])),
  ...sendable.map((code) => closed(code, `the close code ${String(code)}`, close(closePayload(code)))),
  {
    section: '7.4.2',
    name: 'the close code 1014',
    bytes: close(closePayload(1014)),
    demands: 'closed 1014',
    unless: ['registeredCloseCodes', 'closed 1002'],
  },
  ...never.map(
    (code): FrameRule => ({
      section: '7.4.2',
      name: `the close code ${String(code)}, which nobody may send`,
      bytes: close(closePayload(code)),
      demands: 'closed 1002',
    }),
  ),
  ...Object.entries({
    'no UTF-8': [0xff, 0xfe],
    'half a character': [0xe2, 0x82],
    'a surrogate': [0xed, 0xa0, 0x80],
  }).map(([name, bytes]) =>
    garbled('5.5.1', `a close frame whose reason is ${name}`, close(closePayload(1000, Buffer.from(bytes)))),
  ),
]

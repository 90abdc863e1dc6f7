import { readFileSync } from 'node:fs'
import { decodeMulti, ExtData } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../contract/error-codes.ts'
import {
  decodePollAnswer,
  decodePollRequest,
  encodePollAnswer,
  encodePollRequest,
  PollMode,
} from '../long-poll/poll-body.ts'
import { POLL_HOLD_MS, POLL_LIMITS, POLL_MEDIA_TYPE } from '../long-poll/poll-limits.ts'
import { CloseCode, mayRetryAfter, sessionOutlives } from './close-codes.ts'
import { decodeBody, decodeEnvelope } from './decode-message.ts'
import { BINARY_KINDS, MAX_BIGINT_BYTES } from './extension-types.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { FIRST_UNCOUNTED_TYPE, FrameType } from './frame.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { MessageBuilder } from './message-builder.ts'
import { fromHex, toHex } from './vector-notation.fixture.ts'

const text = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8')

function section(title: string): string {
  const start = text.search(new RegExp(`^#+ ${title}$`, 'm'))
  if (start < 0) throw new Error(`Expected a section "${title}" in PROTOCOL.md`)
  return text.slice(start).split(/\n(?=#+ )/)[0] ?? ''
}

/** The rows of the table whose head begins with `column`, as cells without backticks. */
function rows(title: string, column: string): string[][] {
  const table = section(title).split(`| ${column} |`)[1] ?? ''
  return table
    .split('\n\n')[0]!
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .replaceAll('`', '')
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('PROTOCOL.md says what the code does', () => {
  test('types of frames, and which of them are counted', () => {
    const inText = rows('Frames', 'type').map(([type, name, , , counted]) => [
      name?.replace('_', ''),
      Number(type),
      counted,
    ])
    const inCode = Object.entries(FrameType).map(([name, type]) => [
      name.toUpperCase(),
      type,
      type < FIRST_UNCOUNTED_TYPE ? 'yes' : 'no',
    ])
    expect(inText).toEqual(inCode)
  })

  test('close codes, and whether a client may try again', () => {
    const inText = rows('Close codes', 'code').map(([code, name, , retry, session]) => {
      return [name, Number(code), retry === 'yes', session === 'lives']
    })
    const inCode = Object.entries(CloseCode).map(([name, code]) => {
      return [name, code, mayRetryAfter(code), sessionOutlives(code)]
    })
    expect(inText).toEqual(inCode)
  })

  test('codes of errors that travel', () => {
    const onTheWire = Object.entries(ERROR_CODES).filter(([, { raisedBy }]) => raisedBy !== 'local')
    expect(rows('Errors', 'code').map(([code]) => code)).toEqual(onTheWire.map(([code]) => code))
  })

  test('limits', () => {
    const inText = rows('Limits', 'limit').map(([name, value]) => [name, Number(value)])
    expect(Object.fromEntries(inText)).toEqual(DEFAULT_LIMITS)
  })

  test('bounds of fields', () => {
    const inText = rows('Bounds of fields', 'bound').map(([name, value]) => [name, Number(value)])
    expect(Object.fromEntries(inText)).toEqual(FIELD_BOUNDS)
  })

  test('extensions', () => {
    const inText = rows('Values', 'kind').map(([kind, name, bytes]) => ({
      kind: Number(kind),
      name,
      elementBytes: Number(bytes),
    }))
    expect(inText).toEqual(BINARY_KINDS.map(({ kind, name, elementBytes }) => ({ kind, name, elementBytes })))
    expect(section('Values')).toContain(`at most ${MAX_BIGINT_BYTES} (else 4413)`)
  })
})

describe('the long poll of PROTOCOL.md', () => {
  test('has the sizes of the code', () => {
    const inText = rows('Sizes of a long poll', 'size').map(([name, value]) => [name, Number(value)])
    expect(Object.fromEntries(inText)).toEqual(POLL_LIMITS)
  })

  test('has the modes and times of the code', () => {
    const inText = rows('Requests', 'mode').map(([mode, name]) => [name, Number(mode)])
    expect(inText).toEqual(Object.entries(PollMode).map(([name, mode]) => [name.toUpperCase(), mode]))
    expect(section('Requests')).toContain(`else after at most ${POLL_HOLD_MS / 1000} s |`)
    expect(section('Long poll')).toContain(`\`accept\` header is exactly \`${POLL_MEDIA_TYPE}\``)
  })

  const [, talk = ''] = /^```poll\n(.*?)^```$/ms.exec(text) ?? []
  const bodies = [...talk.matchAll(/^([CS]) (\S+)\n {2}(.*)$/gm)].map(([, from, hex = '', reading = '']) => ({
    from,
    hex,
    reading,
  }))

  test('has a talk', () => {
    expect(bodies.length).toBeGreaterThan(8)
  })

  test.each(bodies)('$from $reading', ({ from, hex, reading }) => {
    const body = fromHex(hex)
    expect([...decodeMulti(body)].map(say).join(' ')).toBe(reading)
    const again = from === 'C' ? encodePollRequest(decodePollRequest(body)) : encodePollAnswer(decodePollAnswer(body))
    expect(toHex(again)).toBe(hex)
  })
})

const talks = [...text.matchAll(/^```talk\n(.*?)^```$/gms)].map(([, talk = '']) => talk).join('')
const lines = [...talks.matchAll(/^([CS]) (\S+)\n {2}(.*)$/gm)]

describe('the example talks of PROTOCOL.md', () => {
  test('are found', () => {
    expect(lines.length).toBeGreaterThan(20)
  })

  test.each(lines.map(([, from, hex, reading]) => ({ from, hex: hex ?? '', reading: reading ?? '' })))(
    '$from $reading',
    ({ hex, reading }) => {
      const message = fromHex(hex)
      expect([...decodeMulti(message)].map(say).join(' ')).toBe(reading)
      const { header, body } = decodeEnvelope(message, DEFAULT_LIMITS)
      const builder = new MessageBuilder()
      for (const frame of decodeBody(body, DEFAULT_LIMITS)) builder.append(frame)
      expect(builder.countedCount).toBe(header.count)
      expect(toHex(builder.takeMessage(header))).toBe(hex)
    },
  )

  test('number their frames without a gap, and acknowledge nothing that was not sent', () => {
    const sent = { C: 0, S: 0 }
    for (const [, from, hex = ''] of lines) {
      const { seq, count, ack } = decodeEnvelope(fromHex(hex), DEFAULT_LIMITS).header
      const [me, peer] = from === 'C' ? (['C', 'S'] as const) : (['S', 'C'] as const)
      expect(seq).toBe(count === 0 ? 0 : sent[me] + 1)
      sent[me] += count
      expect(ack).toBeLessThanOrEqual(sent[peer])
    }
  })
})

function say(value: unknown): string {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`
  if (value instanceof ExtData) return `ext(${value.type}, ${say(value.data)})`
  if (Array.isArray(value)) return `[${value.map(say).join(', ')}]`
  if (value === null) return 'nil'
  if (typeof value !== 'object') return JSON.stringify(value) ?? ''
  return `{${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)}: ${say(entry)}`)
    .join(', ')}}`
}

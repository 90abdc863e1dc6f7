import { describe, expect, test } from 'vitest'
import { isTautlineError, TautlineError } from './error.ts'
import { ERROR_MESSAGES, isBuiltInCode } from './error-messages.ts'

describe('TautlineError', () => {
  test('is an error with a code, data, an outcome and a cause', () => {
    const cause = new Error('socket')
    const error = new TautlineError('NOT_FOUND', { message: 'No todo 1', data: { id: '1' }, outcome: 'unknown', cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'TautlineError', code: 'NOT_FOUND', data: { id: '1' }, outcome: 'unknown' })
    expect(error.message).toBe('No todo 1')
    expect(error.cause).toBe(cause)
    expect(error.stack).toContain('error.test')
  })

  test('takes its message from the table, or from a declared code itself', () => {
    expect(new TautlineError('TIMEOUT').message).toBe(ERROR_MESSAGES.TIMEOUT)
    expect(new TautlineError('NOT_FOUND').message).toBe('NOT_FOUND')
    expect(new TautlineError('constructor').message).toBe('constructor')
  })

  test('has no cause where none was given', () => {
    expect(Object.hasOwn(new TautlineError('TIMEOUT'), 'cause')).toBe(false)
  })
})

describe('isTautlineError', () => {
  test('recognises the brand, not the class', () => {
    const foreign = Object.assign(new Error('other copy'), { [Symbol.for('tautline.error')]: true, code: 'TIMEOUT' })
    expect(isTautlineError(foreign)).toBe(true)
    expect(isTautlineError(foreign, 'TIMEOUT')).toBe(true)
    expect(isTautlineError(new TautlineError('TIMEOUT'))).toBe(true)
  })

  test('tells codes apart', () => {
    expect(isTautlineError(new TautlineError('TIMEOUT'), 'TIMEOUT')).toBe(true)
    expect(isTautlineError(new TautlineError('TIMEOUT'), 'CANCELLED')).toBe(false)
  })

  test('refuses everything else', () => {
    for (const value of [new Error('TIMEOUT'), { code: 'TIMEOUT' }, 'TIMEOUT', null, undefined]) {
      expect(isTautlineError(value)).toBe(false)
    }
  })
})

describe('isBuiltInCode', () => {
  test('knows the table and nothing that every object has', () => {
    for (const code of Object.keys(ERROR_MESSAGES)) expect(isBuiltInCode(code)).toBe(true)
    for (const code of ['NOT_FOUND', 'constructor', '__proto__', 'toString', ''])
      expect(isBuiltInCode(code)).toBe(false)
  })
})

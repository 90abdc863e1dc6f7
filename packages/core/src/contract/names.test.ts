import { describe, expect, test } from 'vitest'
import { checkErrorCode, checkName } from './names.ts'

describe('checkName', () => {
  test('allows ordinary names, in any script', () => {
    for (const name of ['get', 'getAll', 'on', 'a-b', 'a_b', '42', '名前', 'été', 'a$', 'a~', 'handler']) {
      expect(() => checkName(name, name)).not.toThrow()
    }
  })

  test('says name, path and reason', () => {
    expect(() => checkName('then', 'todo.then')).toThrow(
      new TypeError(
        '`then` cannot be a name in a contract (at `todo.then`): an object with such a member is taken for a promise',
      ),
    )
  })

  test.each([
    ['then', 'promise'],
    ['catch', 'promise'],
    ['finally', 'promise'],
    ['use', 'server side'],
    ['context', 'server side'],
    ['handlers', 'server side'],
    ['constructor', 'JavaScript'],
    ['prototype', 'JavaScript'],
    ['__proto__', 'JavaScript'],
    ['toString', 'JavaScript'],
    ['toJSON', 'JavaScript'],
    ['$', '`$`'],
    ['$status', '`$`'],
    ['~contract', '`~`'],
    ['', 'empty'],
    ['a.b', 'dots'],
    ['a b', 'white space'],
    ['a\u00a0b', 'white space'],
    ['a\u0000', 'control'],
    ['a\u200bb', 'control'],
    ['\ud800', 'surrogates'],
  ])('refuses %j', (name, reason) => {
    expect(() => checkName(name, name)).toThrow(reason)
  })

  test('refuses every member of Object.prototype, in every runtime', () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype))
      expect(() => checkName(name, name)).toThrow(TypeError)
  })
})

describe('checkErrorCode', () => {
  test('allows UPPER_SNAKE_CASE', () => {
    for (const code of ['A', 'NOT_FOUND', 'HTTP_404', 'E2E']) expect(() => checkErrorCode(code)).not.toThrow()
  })

  test.each(['', 'notFound', 'NotFound', 'NOT-FOUND', '_A', 'A_', 'A__B', '4XX', 'NOT_FOUND\n', '__proto__'])(
    'refuses %j',
    (code) => {
      expect(() => checkErrorCode(code)).toThrow('Expected an error code in UPPER_SNAKE_CASE, got ')
    },
  )

  test('refuses a built-in code', () => {
    expect(() => checkErrorCode('TIMEOUT')).toThrow('`TIMEOUT` cannot be declared: it is a built-in error code')
  })
})

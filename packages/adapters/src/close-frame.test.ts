import { expect, test } from 'vitest'
import { sendableCode, sendableReason } from './close-frame.ts'

test.for([1000, 1003, 1007, 1014, 3000, 4400, 4999])('sends %i as it is', (code) => {
  expect(sendableCode(code)).toBe(code)
})

test.for([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])('sends 1011 instead of %d', (code) => {
  expect(sendableCode(code)).toBe(1011)
})

test('keeps a reason of 123 bytes and cuts a longer one between characters', () => {
  expect(sendableReason('a'.repeat(123))).toBe('a'.repeat(123))
  expect(sendableReason('a'.repeat(124))).toBe('a'.repeat(123))
  expect(sendableReason('a'.repeat(122) + 'é')).toBe('a'.repeat(122))
  expect(sendableReason('😀'.repeat(40))).toBe('😀'.repeat(30))
})

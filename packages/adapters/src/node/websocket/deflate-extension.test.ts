import { expect, test } from 'vitest'
import { canAgree, createMessageDeflate } from './deflate-extension.ts'

test.each([
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate;client_max_window_bits=12 ; server_no_context_takeover',
  'permessage-deflate; client_max_window_bits="15"',
  'x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=10, permessage-deflate',
])('the offer %j can be agreed to', (offered) => {
  expect(canAgree(offered)).toBe(true)
})

test.each([
  '',
  ';;;',
  ',',
  'x-webkit-deflate-frame',
  'permessage-deflate-2',
  'permessage-deflate; server_max_window_bits=10',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; client_max_window_bits=16',
  'permessage-deflate; client_max_window_bits="15',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; unknown',
  'permessage-deflate; __proto__',
  'permessage-deflate;',
])('the offer %j cannot', (offered) => {
  expect(canAgree(offered)).toBe(false)
})

test('what cannot be inflated is a code to close with', () => {
  const deflate = createMessageDeflate()
  const compressed = deflate?.deflate(new Uint8Array(5000)) ?? new Uint8Array(0)
  expect(deflate?.inflate(compressed, 5000)).toEqual(new Uint8Array(5000))
  expect(deflate?.inflate(compressed, 4999)).toBe(1009)
  expect(deflate?.inflate(Uint8Array.of(0xff, 0xff), 5000)).toBe(1007)
})

import { expectTypeOf, test } from 'vitest'
import type { StatusDescription, StatusKind } from './describe-status.ts'

declare const description: StatusDescription

test('a switch over every kind leaves nothing over, and each has its values', () => {
  switch (description.kind) {
    case 'idle':
    case 'connecting':
    case 'connected':
    case 'session-lost':
    case 'reconnecting':
    case 'offline':
    case 'sign-in':
    case 'no-access':
    case 'outdated':
    case 'closed':
      expectTypeOf(description.retryInMs).toEqualTypeOf<undefined>()
      break
    case 'retrying':
      expectTypeOf(description.retryInMs).toEqualTypeOf<number>()
      expectTypeOf(description.retryInSeconds).toEqualTypeOf<number>()
      break
    case 'gave-up':
      expectTypeOf(description.reason).toEqualTypeOf<string>()
      break
    default:
      description satisfies never
  }
})

test('a kind that is left out is an error', () => {
  const titles = { offline: 'Ohne Netz', 'sign-in': 'Bitte anmelden' }
  // @ts-expect-error missing kinds
  titles satisfies Record<StatusKind, string>
})

test('only what waits has seconds to count', () => {
  // @ts-expect-error only `retrying` has them
  void description.retryInSeconds
})

import { CloseCode } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { greetByHand, openByHand } from '../hand-client.ts'
import type { LimitClients } from './limit-rule.ts'
import { limitRules } from './limit-rules.ts'
import type { WireBed } from './wire-bed.ts'
import { SHORT_HANDSHAKE_MS } from './wire-stands.ts'

export function describeLimits(bed: WireBed): void {
  const clients: LimitClients = {
    async open() {
      const client = await openByHand(bed.url('main'))
      bed.keep(client.raw)
      return client
    },
    async greet(hello) {
      const client = await greetByHand(bed.url('main'), hello)
      bed.keep(client.raw)
      return client
    },
  }

  describe('limits', () => {
    for (const rule of limitRules) {
      test(`${rule.name}: ${rule.limit} served, ${rule.limit + 1} ${rule.past}`, async () => {
        expect(await rule.send(clients, rule.limit)).toBe('served')
        expect(await rule.send(clients, rule.limit + 1)).toBe(rule.past)
      })
    }

    test(`handshakeMs: a connection without HELLO closed ${CloseCode.HandshakeTimeout} when it has passed, not before`, async () => {
      const began = performance.now()
      const client = await openByHand(bed.url('guarded'))
      bed.keep(client.raw)
      expect(await client.end()).toEqual({ code: CloseCode.HandshakeTimeout, told: CloseCode.HandshakeTimeout })
      // Timers may be early by one of the clock's steps.
      expect(performance.now() - began).toBeGreaterThan(SHORT_HANDSHAKE_MS - 2)
    })
  })
}

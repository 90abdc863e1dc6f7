import type { CalleeEffect, CallerEffect } from '../session/effect.ts'
import { assertNever } from './assert-never.ts'
import type { CalleeSide, CallerSide } from './link.ts'

/** Who works over a connection: ids of this end belong to the caller, the peer's to the callee. */
export interface ConnectionSides {
  /** `undefined` while nothing was asked over it. */
  readonly caller: CallerSide | undefined
  readonly callee: CalleeSide
}

/** Brings an effect to the side it concerns. Items of both directions of a stream go to whoever owns its id. */
export function deliverEffect(
  effect: CalleeEffect | CallerEffect,
  { caller, callee }: ConnectionSides,
  isOwn: (id: number) => boolean,
): void {
  switch (effect.type) {
    case 'call':
    case 'open':
    case 'listen':
    case 'abort':
      callee.onCalleeEffect(effect)
      break
    case 'ok':
    case 'error':
    case 'timeout':
    case 'event':
      caller?.onCallerEffect(effect)
      break
    case 'items':
    case 'end':
    case 'writable':
      if (isOwn(effect.id)) caller?.onCallerEffect(effect)
      else callee.onCalleeEffect(effect)
      break
    default:
      assertNever(effect)
  }
}

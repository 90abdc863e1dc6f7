import { type Frame, FrameType, type MessageHeader } from '../../protocol/frame.ts'
import type { Effect } from '../effect.ts'
import type { Session } from '../session.ts'

/** Something between a session and its driver that breaks a promise. */
export type Saboteur = <S extends Session>(session: S) => S

/** Answers instead of the session where `replaced` has a member of that name. */
function replace<S extends Session>(session: S, replaced: Partial<Session>): S {
  return new Proxy(session, {
    get(target, key): unknown {
      const member: unknown = Reflect.get(replaced, key) ?? Reflect.get(target, key, target)
      // Private members want the session itself for `this`.
      return typeof member === 'function'
        ? (...values: unknown[]): unknown => Reflect.apply(member, target, values)
        : member
    },
  })
}

/** Changes what a session wants when something was received. */
function alterReceived(
  alter: (effects: readonly Effect[], session: Session, now: number) => readonly Effect[],
): Saboteur {
  return (session) =>
    replace(session, {
      receive: (header, frames, now) => alter(session.receive(header, frames, now), session, now),
    })
}

function twice(type: Effect['type']): Saboteur {
  return alterReceived((effects) => effects.flatMap((effect) => (effect.type === type ? [effect, effect] : [effect])))
}

function without(type: Effect['type']): Saboteur {
  return alterReceived((effects) => effects.filter((effect) => effect.type !== type))
}

function withGenerousWelcome(frame: Frame): Frame {
  if (frame.type !== FrameType.Welcome) return frame
  const limits = { ...frame.welcome.limits, calls: 1_000, streams: 1_000 }
  return { ...frame, welcome: { ...frame.welcome, limits } }
}

/** What they do, and what the simulation has to say about it. */
export const SABOTEURS: readonly (readonly [deed: string, saboteur: Saboteur, verdict: RegExp])[] = [
  ['loses items', without('items'), /items? |came, expected/],
  ['delivers items twice', twice('items'), /item \d+ came, expected/],
  ['delivers everything backwards', alterReceived((effects) => effects.toReversed()), /came|an unused odd id/],
  ['delivers events twice', twice('event'), /event \d+ came, expected/],
  ['runs a handler twice', twice('call'), /was served twice/],
  ['settles a call twice', twice('ok'), /ok for \d+, which is settled/],
  ['aborts nothing', without('abort'), /was never aborted/],
  [
    'gives credit before the application has read',
    alterReceived((effects, session) =>
      effects.flatMap((effect) =>
        effect.type === 'items'
          ? [...session.itemsConsumed(effect.id, { items: effect.count, bytes: effect.values.byteLength }), effect]
          : [effect],
      ),
    ),
    /came with \d+ (bytes )?unread/,
  ],
  [
    'takes more places than there are',
    (session) =>
      replace(session, {
        receive: (header, frames, now) => session.receive(header, frames.map(withGenerousWelcome), now),
      }),
    /went without a place/,
  ],
  ['forgets the time', (session) => replace(session, { nextDeadline: () => undefined }), /too late|still|never/],
  [
    'ignores a cancel',
    (session) => replace(session, { cancel: () => [] }),
    /which is cancelled|are left|never aborted/,
  ],
  [
    'speaks after the end',
    alterReceived((effects) =>
      effects.at(-1)?.type === 'closed' ? [...effects, { type: 'round-trip', ms: 1 }] : effects,
    ),
    /round-trip after the end/,
  ],
  [
    'calls everything unsent',
    (session) => replace(session, { isUnsent: () => true }),
    /is called unsent, and was served/,
  ],
  [
    'numbers its messages wrongly',
    (session) =>
      replace(session, {
        stamp: (count, byteLength, now): MessageHeader => {
          const header = session.stamp(count, byteLength, now)
          return header.seq > 5 ? { ...header, seq: header.seq + 1 } : header
        },
      }),
    /unexpected close with 4410/,
  ],
]

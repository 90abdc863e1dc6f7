import type { Payload } from './frame.ts'

/*
 * Large payloads with room around them: the first message that takes such a one is built around it, in its memory, instead of
 * around a copy of it. The payload does not change by that, only the room does, and it is used once.
 */

/**
 * From here on a copy costs more than the room that saves it. Twice as much as a full batch of frames, so that those do not take
 * their buffers with them: a fast stream would need four times its bytes of fresh ones.
 */
export const ROOMY_BYTES: number = 128 * 1024
/** For the head of the message, and for small frames that go ahead of the payload. */
export const ROOM_BEFORE_BYTES = 256
/** For fields that follow in its frame. */
export const ROOM_BEHIND_BYTES = 32

const unused = new WeakSet<Payload>()

/** @param payload with `ROOM_BEFORE_BYTES` in front of it that nobody else has */
export function offerRoom(payload: Payload): Payload {
  unused.add(payload)
  return payload
}

/** The memory from `bytesBefore` in front of a payload on; `undefined` where it has no such room, or it is used. */
export function claimRoom(payload: Payload, bytesBefore: number): Uint8Array | undefined {
  if (payload.byteLength < ROOMY_BYTES || bytesBefore > ROOM_BEFORE_BYTES || !unused.delete(payload)) return undefined
  return new Uint8Array(payload.buffer, payload.byteOffset - bytesBefore)
}

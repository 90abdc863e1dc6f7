// Frames that fill limits, and what came of the last of them.
import { type Frame, FrameType } from '@tautline/core/protocol'
import { codec, type HandClient, plainHello } from '../hand-client.ts'
import { closedWith, type LimitOutcome } from './limit-rule.ts'

const asked = { timeoutMs: undefined, meta: undefined } as const
export const call = (id: number, procedure: string, input: Uint8Array | undefined): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input,
  ...asked,
})
export const add = (id: number): Frame => call(id, 'add', codec.encode({ a: id, b: 1 }))
export const take = (id: number, input: unknown): Frame => call(id, 'take', codec.encode(input))
export const open = (id: number, procedure: string): Frame => ({
  type: FrameType.Open,
  id,
  procedure,
  input: undefined,
  ...asked,
  resume: undefined,
})
export const listen = (id: number, params: unknown): Frame => ({
  type: FrameType.Listen,
  id,
  event: 'news',
  params: codec.encode(params),
})
export const items = (id: number, values: readonly unknown[]): Frame => ({
  type: FrameType.Items,
  id,
  count: values.length,
  values: codec.encode(values),
  resumes: undefined,
})
export const hello = (auth: unknown): Frame => ({
  type: FrameType.Hello,
  hello: { ...plainHello, auth: auth === undefined ? undefined : codec.encode(auth) },
})
export const ping = (n: number): Frame => ({ type: FrameType.Ping, n, t: 0 })

/** Ids of a client are odd. */
export const idOf = (n: number): number => 2 * n + 1

export async function answerTo(client: HandClient, id: number): Promise<LimitOutcome> {
  const frame = await client.find((one) => 'id' in one && one.id === id && one.type !== FrameType.Credit)
  if (frame === undefined) return closedWith((await client.end()).code)
  return frame.type === FrameType.Error ? (frame.code as LimitOutcome) : 'served'
}

/** `undefined` is the connection's end. */
export async function servedUnlessClosed(client: HandClient, frame: Promise<Frame | undefined>): Promise<LimitOutcome> {
  return (await frame) === undefined ? closedWith((await client.end()).code) : 'served'
}

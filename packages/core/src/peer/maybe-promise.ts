/**
 * Most handlers and validators of a small call are synchronous, and a promise per step would cost more than the
 * step: what can go on at once does.
 */
export type MaybePromise<T> = T | Promise<T>

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  // The cast only allows the look at the member.
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

export function andThen<T, R>(value: MaybePromise<T>, use: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(use) : use(value)
}

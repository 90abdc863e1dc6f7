/** What a call that never throws gives: `client.todo.get({ id }).result()`. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

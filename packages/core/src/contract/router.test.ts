import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { contractOf, entryOf, type RouterTree } from './contract.ts'
import { event, mutation, query } from './procedure.ts'
import { router } from './router.ts'

const get = query({ input: v.string() })

describe('router', () => {
  test('gives the tree back, each procedure knowing its place', () => {
    const api = router({ todo: { get, add: mutation() }, seen: event() })
    expect(Object.keys(api)).toEqual(['todo', 'seen'])
    expect(Object.keys(api.todo)).toEqual(['get', 'add'])
    expect(entryOf(api.todo.get)).toEqual({ index: 2, path: 'todo.get', kind: 'query', def: get['~def'] })
    expect(contractOf(api).procedures.map(({ path }) => path)).toEqual(['seen', 'todo.add', 'todo.get'])
    expect(contractOf(api).procedures[2]).toBe(entryOf(api.todo.get))
    expect(contractOf(api).byPath.get('todo.get')).toBe(entryOf(api.todo.get))
  })

  test('freezes what it gives and leaves what it was given', () => {
    const tree = { todo: { get } }
    const api = router(tree)
    for (const part of [api, api.todo, api.todo.get, contractOf(api), contractOf(api).procedures]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(Object.isFrozen(tree.todo)).toBe(false)
    expect(tree.todo.get['~entry']).toBe(undefined)
  })

  test('makes two procedures of one that stands at two places', () => {
    const api = router({ a: get, b: { c: get } })
    expect(entryOf(api.a).path).toBe('a')
    expect(entryOf(api.b.c).path).toBe('b.c')
  })

  test('takes a router inside another, and leaves the inner one as it was', () => {
    const todo = router({ get })
    const api = router({ todo, all: { todo } })
    expect(contractOf(api).procedures.map(({ path }) => path)).toEqual(['all.todo.get', 'todo.get'])
    expect(entryOf(api.todo.get)).toMatchObject({ index: 1, path: 'todo.get' })
    expect(entryOf(todo.get)).toMatchObject({ index: 0, path: 'get' })
  })

  test('takes routers spread together', () => {
    const api = router({ ...router({ a: get }), ...router({ b: get }) })
    expect(contractOf(api).procedures.map(({ path }) => path)).toEqual(['a', 'b'])
  })

  test('takes modules and objects without a prototype as groups', () => {
    const group = Object.assign(Object.create(null) as Record<string, typeof get>, { get })
    expect(contractOf(router({ group })).byPath.has('group.get')).toBe(true)
  })

  test('takes an empty tree', () => {
    expect(contractOf(router({})).procedures).toEqual([])
  })

  test('sorts by code units, whatever the locale says', () => {
    const api = router({ ä: get, Z: get, a: get, aB: get, 'a-b': get })
    expect(contractOf(api).procedures.map(({ path }) => path)).toEqual(['Z', 'a', 'a-b', 'aB', 'ä'])
  })

  test('hides its contract from loops and copies', () => {
    const api = router({ get })
    expect(JSON.stringify(Object.keys(api))).not.toContain('contract')
    expect('~contract' in { ...api }).toBe(false)
  })

  // What the compiler refuses already, for those who go without it.
  const broken = (tree: unknown) => () => router(tree as RouterTree)

  test.each([
    [undefined, 'Expected a procedure or a group of procedures, got `undefined`'],
    [get, 'Expected a procedure or a group of procedures, got an object (Object)'],
    [{ todo: { get: 5 } }, 'Expected a procedure or a group of procedures at `todo.get`, got `5` (number)'],
    [{ todo: [get] }, 'Expected a procedure or a group of procedures at `todo`, got an array of 1'],
    [{ todo: new Map() }, 'Expected a procedure or a group of procedures at `todo`, got an object (Map)'],
    [{ todo: () => get }, 'Expected a procedure or a group of procedures at `todo`, got a function'],
    [{ todo: null }, 'Expected a procedure or a group of procedures at `todo`, got `null`'],
  ])('refuses %o', (tree, message) => {
    expect(broken(tree)).toThrow(new TypeError(message))
  })

  test('refuses names that clash, at every level', () => {
    expect(broken({ todo: { catch: get } })).toThrow('`catch` cannot be a name in a contract (at `todo.catch`)')
    expect(broken({ $: get })).toThrow('`$` cannot be a name')
    expect(broken(JSON.parse('{ "__proto__": {} }'))).toThrow('`__proto__` cannot be a name')
  })

  test('refuses a group that contains itself', () => {
    const todo: Record<string, unknown> = { get }
    todo['again'] = todo
    expect(broken({ todo })).toThrow('Expected groups to be a tree, got one that contains itself at `todo.again`')
  })
})

describe('contractOf and entryOf', () => {
  test('refuse what is not of a router', () => {
    expect(() => contractOf({ get })).toThrow('Expected what `router({…})` returns, got an object (Object)')
    expect(() => contractOf(router({ todo: { get } }).todo)).toThrow('Expected what `router({…})` returns')
    expect(() => entryOf(get)).toThrow('Expected a procedure inside a router, got one of kind query that is in none')
  })
})

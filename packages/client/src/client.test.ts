import { expect, test } from 'vitest'
import { createBench } from './test-client.fixture.ts'

test('a call made at once travels with the HELLO and is answered', async () => {
  const { client, clock, desk, close } = createBench()
  const call = client.todo.get({ id: '1' })
  await clock.advanceAsync(10)
  expect(await call).toEqual({ id: '1', title: 'a' })
  expect(desk.runs).toEqual(['todo.get 1'])
  await close()
})

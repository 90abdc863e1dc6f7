import { expect, test } from 'vitest'
import { Visitors } from './visitors.ts'

test('tells who is here at every coming and going, and of a second leaving nothing', () => {
  const told: string[] = []
  const visitors = new Visitors((here) => told.push(here.map(({ name }) => name).join(' ')))
  const leave = visitors.enter({ id: 'a', name: 'Ada' })
  visitors.enter({ id: 'b', name: 'Ben' })
  leave()
  leave()
  expect(told).toEqual(['Ada', 'Ada Ben', 'Ben'])
  expect(visitors.list()).toEqual([{ id: 'b', name: 'Ben' }])
})

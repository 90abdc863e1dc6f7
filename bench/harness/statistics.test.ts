import { expect, test } from 'vitest'
import { quantile, ratioOf, spreadOf } from './statistics.ts'

test('the spread of several values is their middle one, with the least and the most', () => {
  expect(spreadOf([3, 1, 100])).toEqual({ median: 3, least: 1, most: 100, values: [3, 1, 100] })
  expect(spreadOf([4, 1])).toEqual({ median: 2.5, least: 1, most: 4, values: [4, 1] })
  expect(spreadOf([7])).toEqual({ median: 7, least: 7, most: 7, values: [7] })
})

test('values are compared as numbers, and left as they were', () => {
  const values = [10, 9, 100]
  expect(spreadOf(values).median).toBe(10)
  expect(values).toEqual([10, 9, 100])
})

test('a ratio is the middle of those of each round, as a noisy one falls on both', () => {
  expect(ratioOf(spreadOf([1, 10, 3]), spreadOf([2, 40, 6]))).toBe(0.5)
  // The ratio of the medians would be 0.6.
  expect(ratioOf(spreadOf([1, 3, 50]), spreadOf([5, 2, 100]))).toBe(0.5)
})

test('a ratio is of the rounds that both have, and there is none to nothing', () => {
  expect(ratioOf(spreadOf([1, 100, 100]), spreadOf([2]))).toBe(0.5)
  expect(ratioOf(spreadOf([1]), spreadOf([0]))).toBeUndefined()
})

test('a quantile between two values lies on the line between them', () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5)
  expect(quantile([1, 2, 3], 0)).toBe(1)
  expect(quantile([1, 2, 3], 1)).toBe(3)
})

test('nothing has no spread', () => {
  expect(() => spreadOf([])).toThrow('Expected `values` to hold at least one, got none')
  expect(() => quantile([], 0.5)).toThrow('Expected `sorted` to hold at least one value, got none')
})

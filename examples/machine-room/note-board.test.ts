import { expect, test } from 'vitest'
import { NoteBoard } from './note-board.ts'

test('keeps notes in the order of writing until its limit', () => {
  const board = new NoteBoard(2)
  const first = board.add('Ada', 'one')
  expect(board.isFull).toBe(false)
  const second = board.add('Ben', 'two')
  expect(board.isFull).toBe(true)
  expect(board.list()).toEqual([first, second])
})

test('a note is taken down once', () => {
  const board = new NoteBoard(2)
  const { id } = board.add('Ada', 'one')
  expect(board.remove(id)).toBe(true)
  expect(board.remove(id)).toBe(false)
  expect(board.list()).toEqual([])
})

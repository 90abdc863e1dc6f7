import { expect, test } from 'vitest'
import { createProgressLines } from './progress-lines.ts'
import { scenarioOf } from './scenario.fixture.ts'

function write(isTTY: boolean): string {
  let text = ''
  const lines = createProgressLines({ isTTY, columns: 40, write: (part) => (text += String(part)) !== '' }, 2)
  const [first, second] = [scenarioOf({ name: 'first' }), scenarioOf({ name: 'second' })]
  for (const subject of ['tautline', 'ws']) {
    lines.show({ scenario: first, runtime: 'node', subject, doing: { round: 1, of: 3 } })
  }
  lines.show({ scenario: second, runtime: 'node', subject: 'tautline', doing: 'warming up' })
  lines.clear()
  return text
}

test('writes a line per turn of all subjects where nobody watches', () => {
  expect(write(false)).toBe('[1/2] first on node: round 1 of 3\n[2/2] second on node: warming up\n')
})

test('keeps to one line of a terminal', () => {
  const clear = '\r\u001B[2K'
  const shown = write(true).split(clear)
  expect(shown).toEqual([
    '',
    '[1/2] first on node: round 1 of 3, taut',
    '[1/2] first on node: round 1 of 3, ws',
    '[2/2] second on node: warming up, tautl',
    '',
  ])
})

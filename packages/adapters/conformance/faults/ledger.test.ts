// The books are what the storms rest on: each kind of disorder is seen, and what a line may do is let through.
import { TautlineError } from '@tautline/core'
import { describe, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

const lost = (outcome: 'unknown' | 'not-sent'): TautlineError => new TautlineError('CONNECTION_LOST', { outcome })

function openLedger({ streams = 0 } = {}): Ledger {
  return new Ledger({ streams, itemsPerStream: 2 })
}

/** As if each call had been told of by an event. */
function tellAll(ledger: Ledger, upTo: number): void {
  for (let serial = 1; serial <= upTo; serial++) ledger.event(serial)
}

describe('calls', () => {
  test('one answer to one run is in order', () => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.answered(0, 0)
    tellAll(ledger, 1)
    expect(ledger.close([1])).toEqual({ broken: [], losses: [] })
  })

  test.for([0, 2])('an answer to %i runs is broken', (runs) => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.answered(0, 0)
    tellAll(ledger, runs)
    expect(ledger.close([runs]).broken).toEqual([`call 0 is answered and ran ${String(runs)} times`])
  })

  test('the answer to another call is broken', () => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.answered(0, 1)
    tellAll(ledger, 1)
    expect(ledger.close([1]).broken).toEqual(['call 0 was answered 1'])
  })

  test('a second settling is broken', () => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.answered(0, 0)
    ledger.failed(0, lost('unknown'))
    tellAll(ledger, 1)
    expect(ledger.close([1]).broken).toEqual(['call 0 is unknown after answered'])
  })

  test('no settling at all is broken', () => {
    const ledger = openLedger()
    ledger.called(0)
    expect(ledger.close([0]).broken).toEqual(['call 0 is open and ran 0 times'])
  })

  test.for([
    ['unknown', 0, []],
    ['unknown', 1, []],
    ['unknown', 2, ['call 0 is unknown and ran 2 times']],
    ['not-sent', 0, []],
    ['not-sent', 1, ['call 0 is not-sent and ran 1 times']],
  ] as const)('a loss of outcome %s that ran %i times', ([outcome, runs, broken]) => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.failed(0, lost(outcome))
    tellAll(ledger, runs)
    expect(ledger.close([runs])).toEqual({ broken, losses: [`call 0: ${outcome}`] })
  })

  test('a failure that is no lost connection is broken', () => {
    const ledger = openLedger()
    ledger.called(0)
    ledger.failed(0, new TautlineError('INTERNAL', { message: 'no' }))
    expect(ledger.close([0]).broken).toHaveLength(1)
  })

  test('a number is called once', () => {
    const ledger = openLedger()
    ledger.called(0)
    expect(() => {
      ledger.called(0)
    }).toThrow('Expected call 0 to be made once')
  })
})

describe('streams', () => {
  test('all items in order and the end are in order', () => {
    const ledger = openLedger({ streams: 1 })
    ledger.item(0, 1)
    ledger.item(0, 2)
    ledger.streamEnded(0)
    expect(ledger.close([])).toEqual({ broken: [], losses: [] })
  })

  test.for([
    ['repeat', [1, 1], ['stream 0: 1 came behind 1', 'stream 0 ended behind 1']],
    ['hole', [2], ['stream 0: 2 came behind 0']],
    ['early end', [1], ['stream 0 ended behind 1']],
  ] as const)('a %s is broken', ([, items, broken]) => {
    const ledger = openLedger({ streams: 1 })
    for (const item of items) ledger.item(0, item)
    ledger.streamEnded(0)
    expect(ledger.close([]).broken).toEqual(broken)
  })

  test('a gap that is told is a loss, any other failure is broken, and so is no end', () => {
    const ledger = openLedger({ streams: 3 })
    ledger.streamFailed(0, new TautlineError('GAP', { message: 'gap' }))
    ledger.streamFailed(1, lost('unknown'))
    const { broken, losses } = ledger.close([])
    expect(losses).toHaveLength(1)
    expect(broken).toEqual([expect.stringMatching(/^stream 1: /), 'stream 2 is open behind 0'])
  })
})

describe('events', () => {
  test.for([
    ['in order', [1, 2, 3], []],
    ['a repeat', [1, 2, 2, 3], ['event 2 came behind 2']],
    ['a hole', [1, 3], ['event 3 came behind 1']],
    ['a missing end', [1, 2], ['events ended with 2 of 3']],
    ['a hole that is told', [1, 'gap', 3], []],
    ['a hole that is told right behind', [1, 3, 'gap'], []],
    ['two holes of which one is told', [1, 'gap', 3, 5, 6], ['event 5 came behind 3']],
    ['an end that is told', [1, 'gap'], []],
    ['a repeat in spite of a gap', [1, 2, 'gap', 1, 3], ['event 1 came behind 2']],
  ] as const)('%s', ([, talk, broken]) => {
    const ledger = openLedger()
    let last = 0
    for (const what of talk) {
      if (what === 'gap') ledger.eventGap()
      else ledger.event((last = what))
    }
    expect(ledger.close([Math.max(last, 3)]).broken.filter((text) => text.startsWith('event'))).toEqual(broken)
  })
})

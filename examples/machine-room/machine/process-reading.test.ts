import { describe, expect, test } from 'vitest'
import { parseProcess, parseUserNames } from './process-reading.ts'

const bootedAt = Date.UTC(2030, 0, 1)
const users = new Map([[1000, 'ada']])

/** Fields 3 to 24 of proc(5), of which 14, 15, 20 and 22 are read. */
const fields = 'S 1 4242 4242 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 7 0 12345 1000000 500'
const status = 'Name:\tnode\nState:\tS (sleeping)\nUid:\t1000\t1000\t1000\t1000\nVmRSS:\t    2048 kB\nThreads:\t7\n'

describe('a process as /proc describes it', () => {
  test('has its name, owner, state, memory, threads and start', () => {
    expect(parseProcess({ stat: `4242 (node) ${fields}`, status }, { bootedAt, users })).toEqual({
      row: {
        pid: 4242,
        name: 'node',
        user: 'ada',
        state: 'sleeping',
        memoryBytes: 2048 * 1024,
        threads: 7,
        startedAt: new Date(bootedAt + 123_450),
      },
      ticks: 300,
    })
  })

  test.each(['tmux: server', 'a) R 1 (b', '(sd-pam)', ') ', ''])('may be called "%s"', (name) => {
    const { row, ticks } = parseProcess({ stat: `4242 (${name}) ${fields}`, status }, { bootedAt, users })
    expect(row).toMatchObject({ pid: 4242, name, state: 'sleeping', threads: 7 })
    expect(ticks).toBe(300)
  })

  test('of a user without a name has the number, and of the kernel no memory', () => {
    const kernels = 'Name:\tkthreadd\nUid:\t77\t77\t77\t77\n'
    const { row } = parseProcess({ stat: `2 (kthreadd) ${fields}`, status: kernels }, { bootedAt, users })
    expect(row).toMatchObject({ user: '77', memoryBytes: 0 })
  })

  test('keeps the letter of a state without a name', () => {
    const { row } = parseProcess({ stat: `4242 (node) ${fields.replace('S', 'W')}`, status }, { bootedAt, users })
    expect(row.state).toBe('W')
  })
})

test('user names are read from lines that have them', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/bash\n\n# a remark\nada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n'
  expect(parseUserNames(passwd)).toEqual(
    new Map([
      [0, 'root'],
      [1000, 'ada'],
    ]),
  )
})

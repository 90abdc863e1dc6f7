import type { Connector, Transport, TransportListener } from '@tautline/core/io'
import { expect, test } from 'vitest'
import { lazyConnector } from './lazy.ts'

function setUp() {
  const loading = Promise.withResolvers<Connector>()
  const log: unknown[] = []
  const transport: Transport = {
    kind: 'real',
    compresses: true,
    backlogBytes: 7,
    send: (message) => void log.push(['send', ...message]),
    close: (code) => void log.push(['close', code]),
    abort: () => void log.push(['abort']),
  }
  let listener: TransportListener | undefined
  const connector: Connector = {
    kind: 'real',
    connect(given) {
      listener = given
      return transport
    },
  }
  const lazy = lazyConnector('lazy', () => loading.promise).connect({
    onOpen: () => void log.push('open'),
    onMessage: (message) => void log.push(['message', ...message]),
    onClose: (code, reason) => void log.push(['closed', code, reason]),
    onDrain() {},
  })
  return { lazy, log, loading, connector, told: () => listener }
}

test('is the loaded transport, once that is there', async () => {
  const { lazy, log, loading, connector, told } = setUp()
  expect(lazy).toMatchObject({ kind: 'lazy', compresses: false, backlogBytes: 0 })
  loading.resolve(connector)
  await loading.promise
  told()?.onOpen()
  lazy.send(Uint8Array.of(1))
  expect(lazy).toMatchObject({ compresses: true, backlogBytes: 7 })
  lazy.close(1000, '')
  lazy.abort?.()
  expect(log).toEqual(['open', ['send', 1], ['close', 1000], ['abort']])
})

test.each(['close', 'abort'] as const)('%s before it is loaded ends it, and nothing is connected', async (how) => {
  const { lazy, log, loading, connector, told } = setUp()
  if (how === 'close') lazy.close(1000, '')
  else lazy.abort?.()
  loading.resolve(connector)
  await loading.promise
  await Promise.resolve()
  expect(told()).toBeUndefined()
  expect(log).toEqual([['closed', 1006, 'Closed before it was loaded']])
})

test('ends where it cannot be loaded, and says so', async () => {
  const { log, loading } = setUp()
  loading.reject(new Error('no network'))
  await Promise.allSettled([loading.promise])
  await Promise.resolve()
  expect(log).toEqual([['closed', 1006, 'The transport could not be loaded: no network']])
})

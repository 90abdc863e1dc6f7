import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Clock, createSystemClock } from '@tautline/core/io'
import { type Admission, turnAway } from './admission.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import { isUpgradeRequest, peekHead } from './request-head.ts'
import { createTimerSet } from './timer-set.ts'

export interface FaultProxyOptions {
  /** Where connections go, on this machine. */
  readonly targetPort: number
  /** `bytes` looks into nothing: for TLS. @default "frames" */
  readonly reads?: 'frames' | 'bytes'
  /** What becomes of each new connection, by how many came before. @default all are forwarded */
  readonly admit?: (index: number) => Admission
  /** Told of each connection that is forwarded, before its first byte: the moment to plan faults. */
  readonly onConnection?: (connection: ProxiedConnection) => void
  /** Time of ages, rates and pauses. @default the platform's */
  readonly clock?: Clock
}

/** A TCP proxy on loopback that does to connections what networks do. */
export interface FaultProxy {
  readonly port: number
  /** Those that were forwarded and are not over. */
  readonly connections: readonly ProxiedConnection[]
  /** The next one that is forwarded. */
  nextConnection(): Promise<ProxiedConnection>
  /** For those to come, in place of what was said before. */
  admit(admission: Admission | ((index: number) => Admission)): void
  /**
   * For requests of an upgrade to come, while other requests pass, as through proxies that know no WebSocket. Goes by the
   * first request of a connection; one that was not to be forwarded anyway is not asked.
   */
  admitUpgrades(admission: Admission): void
  /** Where those to come go. */
  retarget(port: number): void
  stats(): FaultProxyStats
  /** Cuts all, listens no more, runs no timer. Resolves when the last socket is gone. */
  close(): Promise<void>
}

interface FaultProxyStats {
  /** So far, whatever became of them. */
  readonly accepted: number
  readonly forwarded: number
  /** Open now, on both sides. */
  readonly sockets: number
  /** Armed now. */
  readonly timers: number
}

const HOST = '127.0.0.1'

export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { reads = 'frames', onConnection, clock = createSystemClock() } = options
  const timers = createTimerSet(clock)
  const sockets = new Set<Socket>()
  const connections = new Set<ProxiedConnection>()
  const waiting: ((connection: ProxiedConnection) => void)[] = []
  let { targetPort, admit = () => ({ type: 'forward' }) } = options
  let upgrades: Admission = { type: 'forward' }
  let [accepted, forwarded] = [0, 0]

  function keep(socket: Socket): void {
    sockets.add(socket)
    // Resets are what this is about; `close` tells the rest.
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  }

  function forward(client: Socket): void {
    const server = connect({ port: targetPort, host: HOST, allowHalfOpen: true })
    keep(server)
    const connection = new ProxiedConnection({ index: forwarded, client, server, timers, reads })
    forwarded += 1
    connections.add(connection)
    void connection.closed.then(() => connections.delete(connection))
    onConnection?.(connection)
    for (const resolve of waiting.splice(0)) resolve(connection)
  }

  // Half-open both ways: a FIN ends one direction and not the other.
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    keep(client)
    const admission = admit(accepted)
    accepted += 1
    if (admission.type !== 'forward') turnAway(client, admission, timers)
    else if (upgrades.type === 'forward') forward(client)
    else
      peekHead(client, (head) => {
        if (upgrades.type === 'forward' || !isUpgradeRequest(head)) forward(client)
        else turnAway(client, upgrades, timers)
      })
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, HOST, resolve)
  })
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = listener.address() as AddressInfo

  return {
    port,
    get connections() {
      return [...connections]
    },
    nextConnection: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    admit(admission) {
      admit = typeof admission === 'function' ? admission : () => admission
    },
    admitUpgrades(admission) {
      upgrades = admission
    },
    retarget(targetPortFromNow) {
      targetPort = targetPortFromNow
    },
    stats: () => ({ accepted, forwarded, sockets: sockets.size, timers: timers.size }),
    async close() {
      const closed = new Promise<void>((resolve) => {
        listener.close(() => {
          resolve()
        })
      })
      timers.clear()
      for (const { up, down } of connections) {
        up.stop()
        down.stop()
      }
      const gone = [...sockets].map((socket) => {
        return new Promise<void>((resolve) => {
          socket.once('close', () => {
            resolve()
          })
        })
      })
      for (const socket of sockets) socket.destroy()
      await Promise.all([closed, ...gone])
      timers.clear()
    },
  }
}

import { createInterface } from 'node:readline'
import { tableOf, tickOf } from '../workload.ts'
import type { BenchServer, ServerOptions } from './subject.ts'

/*
 * The server of one subject, for `check.ts`: `check-server.ts <subject> <port>`. Says READY and its port when it listens,
 * publishes for each line that it reads: the tick of that number, or the larger event for `rows`; and ends when its stdin does.
 */

const [name = '', port = '0'] = process.argv.slice(2)

interface ServerModule {
  readonly startServer: (options: ServerOptions) => Promise<BenchServer>
}

const { startServer } = (await import(`./${name}/server.ts`)) as ServerModule
const server = await startServer({ port: Number(port) })

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [event, number] = line.split(' ')
    if (event === 'tick') server.publish(tickOf(Number(number)))
    if (event === 'rows') server.publishRows?.(tableOf(Number(number)))
  })
  .on('close', () => {
    void server.stop().finally(() => {
      process.exit()
    })
  })
console.log(`READY ${server.port}`)

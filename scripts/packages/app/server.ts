import { createServer, implement, tracked } from '@tautline/server'
import { api } from './api.ts'

export const server = createServer(
  implement(api).handlers({
    greet: ({ input }) => ({ text: `Hello, ${input.name}!`, at: new Date(0) }),
    order({ input, fail }) {
      if (input.cups > 9) fail('SOLD_OUT', { left: 9 })
      server.publish(api.ready, input)
      return BigInt(input.cups) ** 20n
    },
    async *count({ input, resume = 0 }) {
      for (let n = resume + 1; n <= input.to; n++) yield tracked(n, n)
    },
    async *measure({ up }) {
      let bytes = 0
      for await (const part of up) yield (bytes += part.byteLength)
    },
    cut({ connection }) {
      connection.terminate()
    },
  }),
)

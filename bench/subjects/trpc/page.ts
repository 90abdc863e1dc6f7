import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import type { AppRouter } from './router.ts'

const client = createTRPCClient<AppRouter>({
  links: [wsLink({ client: createWSClient({ url: 'wss://app.example/rpc' }) })],
})
console.log(await client.get.query({ id: '1' }))
client.stream.subscribe({ count: 3 }, { onData: console.log })

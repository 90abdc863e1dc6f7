import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { WebSocket } from 'partysocket'
import type { contract } from './contract.ts'

const socket = new WebSocket('wss://app.example/rpc')
// It types its `readyState` as any number.
const websocket = socket as typeof socket & Pick<globalThis.WebSocket, 'readyState'>
const client: ContractRouterClient<typeof contract> = createORPCClient(new RPCLink({ websocket }))
console.log(await client.get({ id: '1' }))
for await (const tick of await client.stream({ count: 3 })) console.log(tick)

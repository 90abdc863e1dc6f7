import { createClient, outline } from '@tautline/client'
import type { api } from './api.ts'

const contract = outline<Pick<typeof api, 'get' | 'ticks'>>({ get: 'query', ticks: 'subscription' })
const client = createClient(contract, { url: 'wss://app.example/rpc' })
console.log(await client.get({ id: '1' }))
for await (const tick of client.ticks({ count: 3 })) console.log(tick)

// The smallest useful client: one call, one subscription, reconnects by itself. What it weighs is what a page pays.
import { createClient } from '@tautline/client'
import { api } from './minimal-api.ts'

const client = createClient(api, { url: 'wss://app.example/rpc' })
console.log(await client.todo.get({ id: '1' }))
for await (const row of client.todo.watch({ list: 'a' })) console.log(row)

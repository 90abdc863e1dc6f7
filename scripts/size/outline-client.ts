// The same client without the schemas: the contract comes as a type alone, `outline` says the kinds.
import { createClient, outline } from '@tautline/client'
import type { api } from './minimal-api.ts'

const client = createClient(outline<typeof api>({ todo: { get: 'query', watch: 'subscription' } }), {
  url: 'wss://app.example/rpc',
})
console.log(await client.todo.get({ id: '1' }))
for await (const row of client.todo.watch({ list: 'a' })) console.log(row)

// The smallest useful client: one call, one subscription, reconnects by itself. What it weighs is what a page pays.
import { createClient } from '@tautline/client'
import { query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const todo = v.object({ id: v.string(), title: v.string() })
const api = router({
  todo: {
    get: query({ input: v.object({ id: v.string() }), output: todo }),
    watch: subscription({ input: v.object({ list: v.string() }), output: todo }),
  },
})

const client = createClient(api, { url: 'wss://app.example/rpc' })
console.log(await client.todo.get({ id: '1' }))
for await (const row of client.todo.watch({ list: 'a' })) console.log(row)

import { createClient } from '@tautline/client'
import { query, router, subscription } from '@tautline/core'
import { countSchema, idSchema, tickSchema, todoSchema } from '../workload-schemas.ts'

const api = router({
  get: query({ input: idSchema, output: todoSchema }),
  ticks: subscription({ input: countSchema, output: tickSchema }),
})

const client = createClient(api, { url: 'wss://app.example/rpc' })
console.log(await client.get({ id: '1' }))
for await (const tick of client.ticks({ count: 3 })) console.log(tick)

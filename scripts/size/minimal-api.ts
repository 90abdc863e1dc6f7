import { query, router, subscription } from '@tautline/core'
import * as v from 'valibot'

const todo = v.object({ id: v.string(), title: v.string() })

export const api = router({
  todo: {
    get: query({ input: v.object({ id: v.string() }), output: todo }),
    watch: subscription({ input: v.object({ list: v.string() }), output: todo }),
  },
})

// Every limit of PROTOCOL.md, "Limits", that a client can meet at once: what is still served, and what comes of one more. A limit is one
// entry of these lists, and runs on every kind of server.
import type { LimitRule } from './limit-rule.ts'
import { requestLimits } from './request-limits.ts'
import { sizeLimits } from './size-limits.ts'

export const limitRules: readonly LimitRule[] = [...sizeLimits, ...requestLimits]

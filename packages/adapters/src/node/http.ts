import type * as Http from 'node:http'
import { createRequire } from 'node:module'
import process from 'node:process'

interface BuiltinModules {
  /** From Node 22.3 on. */
  readonly getBuiltinModule?: (name: 'node:http') => typeof Http
}

/**
 * node:http, as CommonJS has it. An `import` reads all that a module exports, `WebSocket` among it, for which Node loads the whole
 * of its `fetch`: a server that never uses it starts in 110 ms instead of 150, and in 3 MB less.
 */
export const nodeHttp: typeof Http = loadHttp(process)

function loadHttp(builtin: BuiltinModules): typeof Http {
  const http = builtin.getBuiltinModule?.('node:http')
  return http ?? (createRequire(import.meta.url)('node:http') as typeof Http)
}

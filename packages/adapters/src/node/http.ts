import type * as Http from 'node:http'
import process from 'node:process'

/**
 * node:http, as CommonJS has it. An `import` reads all that a module exports, `WebSocket` among it, for which Node loads the whole
 * of its `fetch`: a server that never uses it starts in 110 ms instead of 150, and in 3 MB less.
 */
export const nodeHttp: typeof Http = process.getBuiltinModule('node:http')

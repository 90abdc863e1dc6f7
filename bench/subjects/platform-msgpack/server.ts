export { startServer } from '../ws-msgpack/server.ts'

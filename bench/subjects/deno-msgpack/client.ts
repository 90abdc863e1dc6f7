export { connect } from '../ws-msgpack/client.ts'

import type { Scenario } from '../harness/scenario.ts'
import { bundle } from './bundle.ts'
import { cold } from './cold.ts'
import { connections50 } from './connections-50.ts'
import { editor } from './editor.ts'
import { idle, idleCompressed } from './idle.ts'
import { inFlight64 } from './in-flight-64.ts'
import { megabyte } from './megabyte.ts'
import { oneCall } from './one-call.ts'
import { publish, publishCompressed } from './publish.ts'
import { restart } from './restart.ts'
import { scalingConnections, scalingItems } from './scaling.ts'
import { start } from './start.ts'
import { stream } from './stream.ts'
import { table } from './table.ts'
import { types } from './types.ts'
import { wireBytes } from './wire-bytes.ts'

/** In the order in which they are measured and reported. */
export const scenarios: readonly Scenario[] = [
  oneCall,
  inFlight64,
  connections50,
  table,
  megabyte,
  stream,
  publish,
  publishCompressed,
  wireBytes,
  idle,
  idleCompressed,
  cold,
  restart,
  bundle,
  types,
  editor,
  start,
  scalingConnections,
  scalingItems,
]

import { createValueCodec, type ValueCodec } from '../protocol/value-codec.ts'
import { createPacking, type Packing } from './packing.ts'

/** Values of any shape, and of known schemas by position. */
export interface PackingCodec extends ValueCodec, Packing {}

export function createPackingCodec(): PackingCodec {
  const codec = createValueCodec()
  return { ...codec, ...createPacking(codec) }
}

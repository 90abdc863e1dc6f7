import { eventIterator, oc } from '@orpc/contract'
import * as v from 'valibot'
import { countSchema, idSchema, rowsSchema, tickSchema, todoSchema } from '../workload-schemas.ts'

export const contract = {
  get: oc.input(idSchema).output(todoSchema),
  table: oc.output(rowsSchema),
  echo: oc.input(v.blob()).output(v.blob()),
  stream: oc.input(countSchema).output(eventIterator(tickSchema)),
  ticks: oc.output(eventIterator(tickSchema)),
  rows: oc.output(eventIterator(rowsSchema)),
}

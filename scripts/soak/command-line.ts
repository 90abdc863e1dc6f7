import { parseArgs } from 'node:util'
import { type Runtime, runtimes } from '../runtimes.ts'
import { type Sabotage, sabotages } from './sabotage.ts'
import type { SoakOptions } from './soak-result.ts'

export const USAGE = `npm run soak -- [options]

  --minutes <n>            how long the clients are there (10 unless told otherwise)
  --runtime <name>         of the server: node, bun, deno (node unless told otherwise)
  --clients <n>            200 unless told otherwise
  --seed <n>               of what clients do and what befalls them (1 unless told otherwise)
  --out <folder>           where results and pictures go (soak-results unless told otherwise)
  --publish                writes docs/soak, too
  --sabotage <fault,…>     builds faults into the server, to see that they are found: ${sabotages.join(', ')}`

/** Throws a `TypeError` for what there is not. */
export function parseCommandLine(args: readonly string[]): SoakOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      runtime: { type: 'string', default: 'node' },
      clients: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: 'soak-results' },
      publish: { type: 'boolean', default: false },
      sabotage: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return 'help'
  return {
    runtime: oneOf('runtime', runtimes, values.runtime),
    minutes: positive('minutes', values.minutes),
    clients: positive('clients', values.clients),
    seed: positive('seed', values.seed),
    out: values.out,
    publish: values.publish,
    sabotages: values.sabotage.flatMap((list) => list.split(',')).map((name) => oneOf('sabotage', sabotages, name)),
  }
}

function oneOf<Name extends Runtime | Sabotage>(option: string, names: readonly Name[], given: string): Name {
  const found = names.find((name) => name === given)
  if (found === undefined)
    throw new TypeError(`Expected \`--${option}\` to be one of ${names.join(', ')}, got \`${given}\``)
  return found
}

function positive(option: string, given: string): number {
  const number = Number(given)
  if (!(number > 0)) throw new TypeError(`Expected \`--${option}\` to be a number above 0, got \`${given}\``)
  return number
}

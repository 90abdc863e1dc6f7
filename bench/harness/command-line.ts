import { parseArgs } from 'node:util'
import type { RuntimeName } from '../subjects/subject.ts'
import type { PackageForm } from './ordered-process.ts'
import type { Scale } from './scenario.ts'

export interface CommandLine {
  readonly scale: Scale
  readonly scenarios: readonly string[]
  readonly subjects: readonly string[]
  readonly runtimes: readonly RuntimeName[]
  /** A folder. */
  readonly out: string
  /** Writes to docs/bench too. */
  readonly publish: boolean
  /** Keeps what the folders have of other scenarios and runtimes. */
  readonly update: boolean
  readonly packages: PackageForm
}

export interface Choices {
  readonly scenarios: readonly string[]
  readonly subjects: readonly string[]
  readonly defaultOut: string
}

export const USAGE = `npm run bench [-- options]

  --quick                  ends within a minute: few rounds, no series; shows what has become slow, not how fast it is
  --only <scenario,…>      some scenarios
  --subjects <subject,…>   some subjects
  --runtime <name,…>       server runtimes: node, bun, deno (node unless told otherwise)
  --out <folder>           where results go (bench/results unless told otherwise)
  --publish                writes docs/bench too
  --update                 keeps the results that are there of other scenarios and runtimes
  --source                 runs the packages of this repository from their sources, without building them
  --list                   what there is to choose from`

const RUNTIMES: readonly RuntimeName[] = ['node', 'bun', 'deno']

/** Throws a `TypeError` for what there is not. */
export function parseCommandLine(args: readonly string[], choices: Choices): CommandLine | 'help' | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      subjects: { type: 'string', multiple: true },
      runtime: { type: 'string', multiple: true },
      out: { type: 'string' },
      publish: { type: 'boolean' },
      update: { type: 'boolean' },
      source: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return 'help'
  if (values.list === true) return 'list'
  const scale = values.quick === true ? 'quick' : 'full'
  if (scale === 'quick' && values.publish === true) {
    throw new TypeError('Expected `--publish` without `--quick`: what is published is measured in full')
  }
  return {
    scale,
    scenarios: choose('only', values.only, choices.scenarios),
    subjects: choose('subjects', values.subjects, choices.subjects),
    runtimes: values.runtime === undefined ? ['node'] : choose('runtime', values.runtime, RUNTIMES),
    out: values.out ?? choices.defaultOut,
    publish: values.publish === true,
    update: values.update === true,
    packages: values.source === true ? 'source' : 'built',
  }
}

/** In the order of what there is; all of it where nothing is named. */
function choose<Name extends string>(
  option: string,
  given: readonly string[] | undefined,
  choices: readonly Name[],
): readonly Name[] {
  const names = (given ?? []).flatMap((part) => part.split(',')).filter((name) => name !== '')
  const unknown = names.find((name) => !choices.includes(name as Name))
  if (unknown !== undefined) {
    throw new TypeError(`Expected \`--${option}\` to be out of ${choices.join(', ')}, got \`${unknown}\``)
  }
  return names.length === 0 ? choices : choices.filter((name) => names.includes(name))
}

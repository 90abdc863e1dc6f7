import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSourceFolder } from '../../scripts/types/check-source.ts'
import { OrderedProcess } from '../harness/ordered-process.ts'
import type { Scale, Scenario } from '../harness/scenario.ts'
import type { Stage } from '../harness/stage.ts'
import { libraryTextOf } from '../large-contracts/library-texts.ts'
import { writeContract } from '../large-contracts/write-contract.ts'
import type { StartLaps } from './start-process.ts'

const bench = join(import.meta.dirname, '..')

const SIZE: Readonly<Record<Scale, number>> = { full: 3_000, quick: 3_000, tiny: 30 }

const figure = (name: string, title: string) => ({ name, title, unit: 'ms', better: 'less' }) as const

export const start: Scenario = {
  name: 'start',
  title: 'Start of a large contract',
  what: 'What a server and a client of 3,000 procedures take to be there, in a fresh process that has imported what they are made of: from the import of the contract, which is one file, until `createServer` and `createClient` have returned. What another process takes for the file with the schemas alone is told apart, and taken off; so is what a later moment takes, when the first connection asks for the hash of the contract.',
  figures: [
    figure('serverMs', 'server, above its schemas'),
    figure('clientMs', 'client, above its schemas'),
    figure('schemasMs', 'the schemas alone: parsed, made by the validator'),
    figure('contractMs', 'contract, schemas included'),
    figure('implementMs', '`implement`, handlers bound'),
    figure('createServerMs', '`createServer`'),
    figure('createClientMs', '`createClient`'),
    figure('hashMs', 'hash of the contract, at the first connection'),
  ],
  headline: 'serverMs',
  needs: [],
  runtimes: ['node', 'bun', 'deno'],
  subjects: ['tautline'],
  inQuickRuns: 'essential',
  rounds: { full: 9, quick: 2, tiny: 1 },
  async begin(stage, scale) {
    const folder = createSourceFolder(bench)
    const { schemas, api } = writeContract(libraryTextOf(stage.subject.name), SIZE[scale])
    writeFileSync(join(folder, 'schemas.mjs'), schemas)
    writeFileSync(join(folder, 'api.mjs'), api)
    return {
      async round() {
        const { schemasMs = 0 } = await lapsOf(stage, join(folder, 'schemas.mjs'))
        const laps = await lapsOf(stage, join(folder, 'api.mjs'))
        const { contractMs = 0, implementMs = 0, createServerMs = 0, createClientMs = 0 } = laps
        const own = contractMs - schemasMs
        return {
          ...laps,
          schemasMs,
          serverMs: own + implementMs + createServerMs,
          clientMs: own + createClientMs,
        }
      },
    }
  },
}

async function lapsOf({ runtime, packages }: Stage, contract: string): Promise<StartLaps> {
  const script = join(import.meta.dirname, 'start-process.ts')
  const { process, ready } = await OrderedProcess.start<Record<string, never>, StartLaps>({
    runtime,
    packages,
    script,
    argument: { contract },
  })
  await process.kill()
  return ready
}

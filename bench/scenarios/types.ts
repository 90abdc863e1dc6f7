import { join } from 'node:path'
import { checkSource, createSourceFolder } from '../../scripts/types/check-source.ts'
import type { Figure, Sample, Scale, Scenario } from '../harness/scenario.ts'
import type { LargeContract } from '../large-contracts/library-text.ts'
import { libraryTextOf, typedSubjects } from '../large-contracts/library-texts.ts'
import { writeContract } from '../large-contracts/write-contract.ts'

const bench = join(import.meta.dirname, '..')

const SIZES: Readonly<Record<Scale, readonly number[]>> = { full: [300, 500], quick: [300], tiny: [30] }

const figuresOf = (size: number): readonly Figure[] => [
  {
    name: `added${String(size)}`,
    title: `instantiations for ${String(size)} procedures, above those of their schemas`,
    unit: 'times',
    better: 'less',
  },
  { name: `all${String(size)}`, title: `instantiations for ${String(size)}, all`, unit: 'times', better: 'less' },
  { name: `wallMs${String(size)}`, title: `compiler's time for ${String(size)}`, unit: 'ms', better: 'less' },
]

export const types: Scenario = {
  name: 'types',
  title: 'Type-check of a large contract',
  what: 'What the compiler does for a contract of 300 and of 500 procedures (an input of two fields, an answer of six, an error with data where it can be declared; every tenth is a subscription) and a client that calls 20 of them: how many types it instantiates, with the imports taken off, and with those of the schemas taken off whose types are asked for without any library; and how long it takes, on one thread, from its start to its end.',
  figures: [30, 300, 500].flatMap(figuresOf),
  headline: 'added300',
  needs: [],
  runtimes: ['node'],
  subjects: typedSubjects,
  inQuickRuns: 'essential',
  rounds: { full: 3, quick: 1, tiny: 1 },
  async begin(stage, scale) {
    const library = libraryTextOf(stage.subject.name)
    const folder = createSourceFolder(bench)
    const check = (sources: Readonly<Record<string, string>>) => checkSource(folder, sources, stage)
    const ownOf = ({ empty: imports, schemas, schemaTypes }: LargeContract): number =>
      check({ 'empty.ts': imports, 'schemas.ts': schemas, 'types.ts': schemaTypes }).instantiations
    const empty = check({ 'empty.ts': writeContract(library, 0).empty }).instantiations
    const measured = SIZES[scale].map((size) => {
      const contract = writeContract(library, size)
      // Counts are the same each time.
      return { size, contract, own: ownOf(contract) - empty }
    })
    return {
      async round() {
        const sample: Record<string, number> = {}
        for (const { size, contract, own } of measured) {
          const { instantiations, wallMs } = check({ 'api.ts': contract.api, 'client.ts': contract.client })
          sample[`added${String(size)}`] = instantiations - empty - own
          sample[`all${String(size)}`] = instantiations - empty
          sample[`wallMs${String(size)}`] = wallMs
        }
        return sample satisfies Sample
      },
    }
  },
}

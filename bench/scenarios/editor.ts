import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSourceFolder, writeConfig } from '../../scripts/types/check-source.ts'
import type { Sample, Scale, Scenario } from '../harness/scenario.ts'
import type { Stage } from '../harness/stage.ts'
import { LanguageServer } from '../language-server/language-server.ts'
import type { LibraryText } from '../large-contracts/library-text.ts'
import { libraryTextOf } from '../large-contracts/library-texts.ts'
import { groupsOf, inputText } from '../large-contracts/procedures.ts'
import { writeContract } from '../large-contracts/write-contract.ts'

const bench = join(import.meta.dirname, '..')

const SIZE: Readonly<Record<Scale, number>> = { full: 3_000, quick: 3_000, tiny: 30 }

const figure = (name: string, title: string) => ({ name, title, unit: 'ms', better: 'less' }) as const

export const editor: Scenario = {
  name: 'editor',
  title: 'A large contract in an editor',
  what: "What TypeScript's language server takes to answer in the file of a client of 3,000 procedures: when the file has just been opened, and then each time after an edit, which makes it forget what it has worked out. The contract is one file with one expression, or laid out as large ones are: a file for each group of ten.",
  figures: [
    figure('editedFilesMs', 'completion behind `client.group.`, after an edit, contract in files'),
    figure('editedMs', 'the same, contract in one file'),
    figure('openedFilesMs', 'completion behind `client.`, file just opened, contract in files'),
    figure('openedMs', 'the same, contract in one file'),
    figure('hoverFilesMs', 'hover over a call, after an edit, contract in files'),
    figure('hoverMs', 'the same, contract in one file'),
    figure('diagnosticsFilesMs', 'errors, after an edit, contract in files'),
    figure('diagnosticsMs', 'the same, contract in one file'),
  ],
  headline: 'editedFilesMs',
  needs: [],
  runtimes: ['node'],
  // Effect's client is a value inside of a generator.
  subjects: ['tautline', 'trpc', 'orpc'],
  inQuickRuns: 'none',
  rounds: { full: 3, quick: 1, tiny: 1 },
  async begin(stage, scale) {
    const projects = layouts.map((layout) => createProject(stage, scale, layout))
    return {
      async round() {
        const samples: Sample[] = []
        for (const project of projects) samples.push(await measureProject(project))
        return Object.assign({}, ...samples) as Sample
      },
    }
  },
}

/** How the contract is laid out, and what the names of its figures say of that. */
interface Layout {
  readonly inFigures: 'Files' | ''
  write(library: LibraryText, count: number): Readonly<Record<string, string>>
}

const layouts: readonly Layout[] = [
  { inFigures: '', write: (library, count) => ({ 'api.ts': writeContract(library, count).api }) },
  { inFigures: 'Files', write: (library, count) => library.files?.(groupsOf(count)) ?? {} },
]

interface Project {
  readonly layout: Layout
  readonly folder: string
  /** The client, without calls. */
  readonly text: string
  /** A query in the middle of the contract. */
  readonly group: string
  readonly name: string
  readonly call: string
  readonly wrongCall: string
}

function createProject(stage: Stage, scale: Scale, layout: Layout): Project {
  const folder = createSourceFolder(bench)
  const library = libraryTextOf(stage.subject.name)
  const groups = groupsOf(SIZE[scale])
  const group = groups[Math.floor(groups.length / 2)]
  const procedure = group?.procedures[0]
  if (group === undefined || procedure === undefined) throw new Error('Expected procedures, got none')
  const text = [...library.clientImports, library.client('')].join('\n')
  const call = library.call(group, procedure)
  const wrongCall = call.replace(inputText(procedure), '{ id: 1 }')
  const sources = { ...layout.write(library, SIZE[scale]), 'client.ts': text }
  for (const [file, source] of Object.entries(sources)) writeFileSync(join(folder, file), source)
  writeConfig(folder, ['api.ts', 'client.ts'], stage)
  return { layout, folder, text, group: group.name, name: procedure.name, call, wrongCall }
}

async function measureProject({ layout, folder, text, group, name, call, wrongCall }: Project): Promise<Sample> {
  const server = await LanguageServer.start(join(folder, 'client.ts'), folder)
  const line = text.split('\n').length
  const endOf = (last: string) => ({ line, character: last.length })
  const withLast = (last: string): string => `${text}\n${last}\n`
  try {
    const behindClient = 'client.'
    const openedMs = await timed(async () => {
      server.open(withLast(behindClient))
      expectIn(await server.complete(endOf(behindClient)), group)
    })
    const behindGroup = `client.${group}.`
    const editedMs = await timed(async () => {
      server.edit(withLast(behindGroup))
      expectIn(await server.complete(endOf(behindGroup)), name)
    })
    const hoverMs = await timed(async () => {
      server.edit(withLast(call))
      expectIn([await server.hover({ line, character: call.indexOf(name) + 1 })].flatMap(namesIn), name)
    })
    const diagnosticsMs = await timed(async () => {
      server.edit(withLast(wrongCall))
      const errors = await server.diagnose()
      if (errors.length === 0) throw new Error('Expected a wrong call to be told, got no error')
    })
    const { inFigures } = layout
    return {
      [`opened${inFigures}Ms`]: openedMs,
      [`edited${inFigures}Ms`]: editedMs,
      [`hover${inFigures}Ms`]: hoverMs,
      [`diagnostics${inFigures}Ms`]: diagnosticsMs,
    }
  } finally {
    await server.kill()
  }
}

const namesIn = (text: string): readonly string[] => text.match(/\w+/g) ?? []

function expectIn(found: readonly string[], wanted: string): void {
  if (!found.includes(wanted)) {
    throw new Error(`Expected \`${wanted}\` among what the language server says, got ${found.slice(0, 5).join(', ')}`)
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSourceFolder, writeConfig } from '../../scripts/types/check-source.ts'
import type { Sample, Scale, Scenario } from '../harness/scenario.ts'
import type { Stage } from '../harness/stage.ts'
import { LanguageServer } from '../language-server/language-server.ts'
import { libraryTextOf } from '../large-contracts/library-texts.ts'
import { groupsOf, inputText } from '../large-contracts/procedures.ts'
import { writeContract } from '../large-contracts/write-contract.ts'

const bench = join(import.meta.dirname, '..')

const SIZE: Readonly<Record<Scale, number>> = { full: 3_000, quick: 3_000, tiny: 30 }

const figure = (name: string, title: string) => ({ name, title, unit: 'ms', better: 'less' }) as const

export const editor: Scenario = {
  name: 'editor',
  title: 'A large contract in an editor',
  what: "What TypeScript's language server takes to answer in the file of a client of 3,000 procedures: when the file has just been opened, and then each time after an edit, which makes it forget what it has worked out.",
  figures: [
    figure('editedMs', 'completion behind `client.group.`, after an edit'),
    figure('openedMs', 'completion behind `client.`, file just opened'),
    figure('hoverMs', 'hover over a call, after an edit'),
    figure('diagnosticsMs', 'errors, after an edit'),
  ],
  headline: 'editedMs',
  needs: [],
  runtimes: ['node'],
  // Effect's client is a value inside of a generator.
  subjects: ['tautline', 'trpc', 'orpc'],
  inQuickRuns: 'none',
  rounds: { full: 3, quick: 1, tiny: 1 },
  async begin(stage, scale) {
    const project = createProject(stage, scale)
    return { round: () => measureProject(project) }
  },
}

interface Project {
  readonly folder: string
  /** The client, without calls. */
  readonly text: string
  /** A query in the middle of the contract. */
  readonly group: string
  readonly name: string
  readonly call: string
  readonly wrongCall: string
}

function createProject(stage: Stage, scale: Scale): Project {
  const folder = createSourceFolder(bench)
  const library = libraryTextOf(stage.subject.name)
  const { api } = writeContract(library, SIZE[scale])
  const groups = groupsOf(SIZE[scale])
  const group = groups[Math.floor(groups.length / 2)]
  const procedure = group?.procedures[0]
  if (group === undefined || procedure === undefined) throw new Error('Expected procedures, got none')
  const text = [...library.clientImports, library.client('')].join('\n')
  const call = library.call(group, procedure)
  const wrongCall = call.replace(inputText(procedure), '{ id: 1 }')
  writeFileSync(join(folder, 'api.ts'), api)
  writeFileSync(join(folder, 'client.ts'), text)
  writeConfig(folder, ['api.ts', 'client.ts'], stage)
  return { folder, text, group: group.name, name: procedure.name, call, wrongCall }
}

async function measureProject({ folder, text, group, name, call, wrongCall }: Project): Promise<Sample> {
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
    return { openedMs, editedMs, hoverMs, diagnosticsMs }
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

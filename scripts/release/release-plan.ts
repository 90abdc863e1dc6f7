/** Whether what lies here may be published: pure, from what was read. */

export interface ReleaseManifest {
  readonly name: string
  readonly version: string
  readonly repository?: string | { readonly url?: string; readonly directory?: string }
  readonly dependencies?: Readonly<Record<string, string>>
}

export interface ReleaseState {
  readonly manifests: readonly ReleaseManifest[]
  /** Names of changesets that no version has taken in yet. */
  readonly pendingChangesets: readonly string[]
  /** What git calls changed or unknown. */
  readonly changedFiles: readonly string[]
  /** `owner/name` on GitHub, where this is one of its actions. */
  readonly repository: string | undefined
  /** Whether npm can be given proof of where this was built. */
  readonly canProve: boolean
}

export interface ReleasePlan {
  /** In an order in which each comes behind what it depends on. */
  readonly order: readonly string[]
  /** Nothing can be said of a release before these are gone. */
  readonly faults: readonly string[]
  /** These are in the way of publishing, and not of trying. */
  readonly obstacles: readonly string[]
}

export function planRelease(state: ReleaseState): ReleasePlan {
  const { manifests, pendingChangesets, changedFiles } = state
  const versions = new Map(manifests.map(({ name, version }) => [name, version]))
  const faults: string[] = []
  if (changedFiles.length > 0) faults.push(`the tree is not clean: ${changedFiles.join(', ')}`)
  if (new Set(versions.values()).size > 1) {
    faults.push(`the packages share one version, here are ${Array.from(versions, (pair) => pair.join(' ')).join(', ')}`)
  }
  for (const { name, dependencies = {} } of manifests) {
    for (const [dependency, range] of Object.entries(dependencies)) {
      const version = versions.get(dependency)
      if (version !== undefined && range !== `^${version}`) {
        faults.push(`${name} asks for ${dependency} ${range}, and not ^${version}`)
      }
    }
  }
  const obstacles: string[] = []
  if (pendingChangesets.length > 0) {
    obstacles.push(`no version has taken in ${pendingChangesets.join(', ')}: npm run version-packages, and commit`)
  }
  if (Array.from(versions.values()).some((version) => version === '0.0.0'))
    obstacles.push('0.0.0 is no version to publish')
  if (!state.canProve) obstacles.push('only an action of GitHub with id-token: write can prove where this was built')
  obstacles.push(...repositoryFaults(state))
  return { order: inOrder(manifests), faults, obstacles }
}

/** npm compares it with what the proof says, and refuses anything else. */
function repositoryFaults({ manifests, repository }: ReleaseState): string[] {
  return manifests.flatMap(({ name, repository: named }) => {
    const url = typeof named === 'string' ? named : named?.url
    if (url === undefined) return [`${name} names no repository`]
    const [, path] = /github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url) ?? []
    return repository === undefined || path === repository ? [] : [`${name} is of ${url}, and this is ${repository}`]
  })
}

function inOrder(manifests: readonly ReleaseManifest[]): readonly string[] {
  const order: string[] = []
  const visit = ({ name, dependencies = {} }: ReleaseManifest): void => {
    if (order.includes(name)) return
    for (const other of manifests) if (Object.hasOwn(dependencies, other.name)) visit(other)
    order.push(name)
  }
  for (const manifest of manifests) visit(manifest)
  return order
}

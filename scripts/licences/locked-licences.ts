/** What the lock file says of every package: whether it reaches users, and under which licence. */

interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

export interface Licensed {
  readonly name: string
  readonly version: string
  readonly licence: string
}

export interface LockedLicences {
  /** What comes along with one of our packages, or is asked for beside it. */
  readonly shipped: readonly Licensed[]
  /** What is used to build and test, and never published. */
  readonly development: readonly Licensed[]
}

/** What users get: nothing that asks more of them than to keep a notice. */
const ALLOWED_SHIPPED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
])
/** Tools may ask to publish changes made to them: none are made. */
const ALLOWED_TOOLS: ReadonlySet<string> = new Set([
  ...ALLOWED_SHIPPED,
  'MIT OR Apache-2.0',
  'BlueOak-1.0.0',
  'MPL-2.0',
])

const IN_MODULES = 'node_modules/'

export function lockedLicences(lock: Lock): LockedLicences {
  const shipped = shippedNames(lock)
  const all = new Map<string, Licensed>()
  for (const [path, { version = '', license = 'none', link }] of Object.entries(lock.packages)) {
    const at = path.lastIndexOf(IN_MODULES)
    if (at < 0 || link === true) continue
    const name = path.slice(at + IN_MODULES.length)
    all.set(`${name} ${version}`, { name, version, licence: license })
  }
  const sorted = Array.from(all.values()).sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    shipped: sorted.filter(({ name }) => shipped.has(name)),
    development: sorted.filter(({ name }) => !shipped.has(name)),
  }
}

/** Those that may not be there. */
export function forbiddenLicences({ shipped, development }: LockedLicences): readonly Licensed[] {
  return [
    ...shipped.filter(({ licence }) => !ALLOWED_SHIPPED.has(licence)),
    ...development.filter(({ licence }) => !ALLOWED_TOOLS.has(licence)),
  ]
}

/** From our packages along what each asks for. Their peers are the application's, and TypeScript is nobody's at run time. */
function shippedNames({ packages }: Lock): ReadonlySet<string> {
  const found = new Set<string>()
  const follow = (names: Readonly<Record<string, string>> | undefined): void => {
    for (const name of Object.keys(names ?? {})) {
      if (name.startsWith('@tautline/') || found.has(name)) continue
      found.add(name)
      const its = packages[`${IN_MODULES}${name}`]
      follow(its?.dependencies)
      follow(its?.optionalDependencies)
    }
  }
  for (const [path, ours] of Object.entries(packages)) {
    if (!path.startsWith('packages/')) continue
    follow(ours.dependencies)
    follow(ours.peerDependencies)
  }
  return found
}

import { expect, test } from 'vitest'
import { planRelease, type ReleaseState } from './release-plan.ts'

const repository = { url: 'git+https://github.com/example/line.git' }
const good: ReleaseState = {
  manifests: [
    { name: 'adapters', version: '1.2.0', repository, dependencies: { core: '^1.2.0', server: '^1.2.0' } },
    { name: 'core', version: '1.2.0', repository, dependencies: { '@msgpack/msgpack': '^3.1.3' } },
    { name: 'server', version: '1.2.0', repository, dependencies: { core: '^1.2.0' } },
  ],
  pendingChangesets: [],
  changedFiles: [],
  repository: 'example/line',
  canProve: true,
}

const [adapters, core, server] = good.manifests as readonly [
  ReleaseState['manifests'][number],
  ReleaseState['manifests'][number],
  ReleaseState['manifests'][number],
]

test('publishes each package behind those it depends on', () => {
  expect(planRelease(good)).toEqual({ order: ['core', 'server', 'adapters'], faults: [], obstacles: [] })
})

test.each([
  ['a changed file', { changedFiles: ['README.md'] }, 'the tree is not clean: README.md'],
  ['two versions', { manifests: [{ ...core, version: '1.3.0' }, server] }, 'share one version'],
  [
    'an old range',
    { manifests: [core, { ...server, dependencies: { core: '^1.1.0' } }] },
    'server asks for core ^1.1.0, and not ^1.2.0',
  ],
])('finds fault with %s', (_, change, message) => {
  const { faults } = planRelease({ ...good, ...change })
  expect(faults.join('\n')).toContain(message)
})

test.each([
  ['a changeset', { pendingChangesets: ['answers-wait'] }, 'no version has taken in answers-wait'],
  ['no version', { manifests: [{ ...core, version: '0.0.0' }] }, '0.0.0 is no version'],
  ['a machine that proves nothing', { canProve: false }, 'can prove where'],
  ['no repository', { manifests: [{ name: 'core', version: '1.2.0' }] }, 'core names no repository'],
  ['another repository', { repository: 'somebody/fork' }, `core is of ${repository.url}, and this is somebody/fork`],
  [
    'one that ends alike',
    { manifests: [{ ...adapters, repository: 'https://github.com/evil/example/line' }] },
    'adapters is of https://github.com/evil/example/line',
  ],
])('does not publish with %s', (_, change, message) => {
  const { faults, obstacles } = planRelease({ ...good, ...change })
  expect(faults).toEqual([])
  expect(obstacles.join('\n')).toContain(message)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const workflow = readFileSync(join(import.meta.dirname, '../../.github/workflows/release.yml'), 'utf8')
const [beforeJobs = '', jobs = ''] = workflow.split('\njobs:\n')
const bodyOf = (job: string): string => new RegExp(`^  ${job}:\\n((?:    .*\\n|\\n)*)`, 'm').exec(jobs)?.[1] ?? ''

test('actions are pinned to commits', () => {
  const used = Array.from(workflow.matchAll(/uses: (\S+)/g), ([, action = '']) => action)
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter((action) => !/^[\w-]+\/[\w-]+@[\da-f]{40}$/.test(action))).toEqual([])
})

test('only the job that publishes may say who it is, and none has a secret', () => {
  expect(beforeJobs).toContain('\npermissions: {}\n')
  expect(bodyOf('publish')).toContain('id-token: write')
  expect(bodyOf('test')).not.toContain('id-token')
  expect(workflow).not.toMatch(/secrets\.|pull_request|: write-all|contents: write/)
})

test('publishes behind all tests, and runs no script of others while it may', () => {
  expect(bodyOf('publish')).toContain('needs: test')
  expect(bodyOf('test')).toContain('.ci/run test')
  expect(bodyOf('publish')).toContain('npm ci --ignore-scripts')
})

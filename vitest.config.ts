import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const source = '@tautline/source'
const runtime = 'Bun' in globalThis ? 'bun' : 'Deno' in globalThis ? 'deno' : 'node'
const onNode = runtime === 'node'

export default defineConfig({
  // `ssr` is what counts for tests outside a browser; `resolve` alone would load dist.
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    include: [
      // Everywhere: what claims to be independent of the runtime, and this runtime's own adapter.
      'packages/{core,client,server}/src/**/*.test.ts',
      `packages/adapters/src/${runtime}/**/*.test.ts`,
      // Once: shared adapter code, whatever spawns other runtimes itself, and the repository's own tests.
      ...(onNode
        ? [
            'packages/adapters/src/!(node|bun|deno)/**/*.test.ts',
            'packages/adapters/src/*.test.ts',
            'packages/adapters/conformance/**/*.test.ts',
            'examples/**/*.test.ts',
            'bench/{harness,language-server,large-contracts,report,scenarios}/**/*.test.ts',
            'scripts/**/*.test.ts',
            'test/**/*.test.ts',
          ]
        : []),
    ],
    // Bun: child_process.fork lacks channel.unref. Deno: workers lack part of node:worker_threads.
    pool: runtime === 'bun' ? 'threads' : 'forks',
    isolate: false,
    // Much of what takes long waits: for timers, processes, pages. One worker left a processor of two idle.
    ...(onNode ? { maxWorkers: 2 } : {}),
    // Far above what any test needs: the machine that runs three runtimes at once may be slow.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    // `npm run typecheck` reports errors outside type tests; here they would fail every other test.
    typecheck: {
      enabled: onNode,
      include: ['packages/*/src/**/*.test-d.ts', 'test/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
      ignoreSourceErrors: true,
    },
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts', '**/*.fixture.ts'],
      reporter: ['text', 'json-summary'],
    },
  },
})

import { defineConfig } from 'tsup'

// JavaScript only: the declarations come from `tsc -b`, which also writes below dist, hence no `clean`.
export default defineConfig({
  // Named after their place in src, so that dist mirrors it and the entries share chunks.
  entry: {
    index: 'src/index.ts',
    'protocol/index': 'src/protocol/index.ts',
    'session/index': 'src/session/index.ts',
    'io/index': 'src/io/index.ts',
    // Which of the two it is depends on who loads it: see `imports` in package.json.
    'io/browser-compressor': 'src/io/browser-compressor.ts',
    'io/platform-compressor': 'src/io/platform-compressor.ts',
    'long-poll/index': 'src/long-poll/index.ts',
    'peer/index': 'src/peer/index.ts',
    'testing/index': 'src/testing/index.ts',
  },
  external: ['#platform-compressor'],
  format: ['esm'],
  splitting: true,
  tsconfig: 'tsconfig.build.json',
  target: 'es2023',
  platform: 'neutral',
  removeNodeProtocol: false,
  sourcemap: true,
  clean: false,
  treeshake: true,
})

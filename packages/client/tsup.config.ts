import { defineConfig } from 'tsup'

// JavaScript only: the declarations come from `tsc -b`, which also writes below dist, hence no `clean`.
export default defineConfig({
  // Named after their place in src, so that dist mirrors it and the entries share chunks.
  entry: {
    index: 'src/index.ts',
    'transports/long-poll': 'src/transports/long-poll.ts',
  },
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

import { defineConfig } from 'tsup'

// JavaScript only: the declarations come from `tsc -b`, which also writes below dist, hence no `clean`.
export default defineConfig({
  // Named after their place in src, so that dist mirrors it and the entries share chunks.
  entry: {
    'node/index': 'src/node/index.ts',
    'bun/index': 'src/bun/index.ts',
    'deno/index': 'src/deno/index.ts',
    'prometheus/index': 'src/prometheus/index.ts',
    'opentelemetry/index': 'src/opentelemetry/index.ts',
  },
  format: ['esm'],
  splitting: true,
  tsconfig: 'tsconfig.build.json',
  target: 'es2023',
  platform: 'node',
  removeNodeProtocol: false,
  sourcemap: true,
  clean: false,
  treeshake: true,
})

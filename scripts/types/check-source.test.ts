import { expect, test } from 'vitest'
import { readDiagnostics } from './check-source.ts'

test('reads what the compiler says it has done', () => {
  const printed =
    'Files:            103\nTypes:           28\nInstantiations: 123456\nParse time:   0.100s\nCheck time:   1.234s\n'
  expect(readDiagnostics(printed)).toEqual({ instantiations: 123_456, checkMs: 1234 })
})

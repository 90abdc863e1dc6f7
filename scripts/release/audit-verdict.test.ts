import { expect, test } from 'vitest'
import { auditVerdict } from './audit-verdict.ts'

test('is clean only where the registry says that nothing is known', () => {
  const report = { auditReportVersion: 2, vulnerabilities: {}, metadata: { vulnerabilities: { high: 0, total: 0 } } }
  expect(auditVerdict(JSON.stringify(report))).toEqual({ type: 'clean' })
})

test('names what is vulnerable, however little', () => {
  const report = {
    vulnerabilities: { ws: { name: 'ws', severity: 'low', range: '<8.17.1' } },
    metadata: { vulnerabilities: { low: 1, total: 1 } },
  }
  expect(auditVerdict(JSON.stringify(report))).toEqual({ type: 'vulnerable', packages: ['ws <8.17.1 (low)'] })
})

test.each([
  ['{"message":"405 Method Not Allowed","error":{"summary":"","detail":""}}', '405 Method Not Allowed'],
  ['{"error":{"code":"ENOTFOUND","summary":"request failed"}}', 'request failed'],
  ['{"message":"405 Method Not Allowed"}', '405 Method Not Allowed'],
  ['{}', '{}'],
  ['<html>', '<html>'],
  ['', 'npm said nothing'],
])('knows nothing from %s', (output, reason) => {
  expect(auditVerdict(output)).toEqual({ type: 'unknown', reason })
})

/** What `npm audit --json` says. */
export type AuditVerdict =
  | { readonly type: 'clean' }
  | { readonly type: 'vulnerable'; readonly packages: readonly string[] }
  /** No registry was reached, or it knows of no advisories: nothing is known. */
  | { readonly type: 'unknown'; readonly reason: string }

interface AuditReport {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>
  readonly metadata?: { readonly vulnerabilities?: { readonly total?: number } }
  readonly error?: { readonly summary?: string; readonly detail?: string }
  readonly message?: string
}

export function auditVerdict(output: string): AuditVerdict {
  const report = parse(output)
  const total = report?.metadata?.vulnerabilities?.total
  if (report === undefined || total === undefined) {
    const said = [report?.error?.summary, report?.message, output.trim()]
    return { type: 'unknown', reason: said.find((text) => text !== undefined && text !== '') ?? 'npm said nothing' }
  }
  const packages = Object.entries(report.vulnerabilities ?? {}).map(
    ([name, { severity, range }]) => `${name} ${range} (${severity})`,
  )
  return total === 0 && packages.length === 0 ? { type: 'clean' } : { type: 'vulnerable', packages }
}

function parse(output: string): AuditReport | undefined {
  try {
    return JSON.parse(output) as AuditReport
  } catch {
    return undefined
  }
}

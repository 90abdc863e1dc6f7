import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from '../harness/results.ts'
import type { Scenario } from '../harness/scenario.ts'
import { barChart } from './bar-chart.ts'
import { lineChart } from './line-chart.ts'
import { chartKey, renderMarkdown } from './markdown.ts'

/** Writes `results.json`, `README.md` and a chart for each scenario and runtime. Resolves with the path of the page. */
export async function writeReport(folder: string, results: Results, scenarios: readonly Scenario[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  const charts = new Map<string, string>()
  for (const scenario of scenarios) {
    for (const runtime of new Set(results.rows.map((row) => row.runtime))) {
      const draw = scenario.series === undefined ? barChart : lineChart
      const svg = draw(results, scenario, runtime)
      if (svg === undefined) continue
      const name = `${scenario.name}-${runtime}.svg`
      await writeFile(join(folder, name), svg)
      charts.set(chartKey(scenario.name, runtime), name)
    }
  }
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  const page = join(folder, 'README.md')
  await writeFile(page, renderMarkdown(results, { scenarios, charts }))
  return page
}

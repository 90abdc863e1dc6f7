/** Links between the documents of this repository lead somewhere, headings included. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/**/*.md', 'bench/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/CHANGELOG.md'],
})

/** Of the text alone: what stands in code blocks is no heading and no link. */
const proseOf = (file: string): string => readFileSync(file, 'utf8').replaceAll(/^```[^]*?^```/gm, '')

/** As the places that show Markdown make them. */
function anchorsOf(file: string): readonly string[] {
  return Array.from(proseOf(file).matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? document : join(dirname(document), path)
  if (!existsSync(target)) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

test.each(documents)('the links of %s lead somewhere', (name) => {
  const document = join(root, name)
  const links = Array.from(proseOf(document).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
  const dead = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(document, link))
  expect(dead).toEqual([])
})

import { readFileSync } from 'node:fs'

/** One fenced code block of a Markdown file. */
export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** Line of its first line of code in the file, from 1. */
  readonly line: number
  /** Named by a comment in its first line: `// server.ts`. Blocks of a file import each other by these names. */
  readonly fileName: string | undefined
}

export function codeBlocks(markdownFile: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  readFileSync(markdownFile, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (open === undefined) {
        const fence = /^```(\w+)\s*$/.exec(text)
        if (fence?.[1] !== undefined) open = { language: fence[1], line: index + 2, lines: [] }
      } else if (text.startsWith('```')) {
        const fileName = /^\/\/ ([\w./-]+\.ts)\b/.exec(open.lines[0] ?? '')?.[1]
        blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line, fileName })
        open = undefined
      } else open.lines.push(text)
    })
  if (open !== undefined) throw new Error(`${markdownFile}:${String(open.line)}: this code block does not end`)
  return blocks
}

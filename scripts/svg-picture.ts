/** What all charts of this repository share: their size, their letters, and colours that can be read on light and on dark pages. */
export interface SvgPicture {
  readonly width: number
  readonly height: number
  /** What is shown, for those who cannot see it. */
  readonly name: string
  /** CSS of its own, behind that of text, `.title` and `.grid`. */
  readonly light: string
  /** The same for dark pages: colours alone. */
  readonly dark: string
  readonly body: string
}

export function svgPicture({ width, height, name, light, dark, body }: SvgPicture): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-labelledby="title">
<title id="title">${name}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; font-size: 14px; fill: #1f2328 }
  .grid { stroke: #d8dee4 } ${light}
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d } ${dark}
  }
</style>
${body}
</svg>
`
}

/** A coordinate, to a tenth of a pixel. */
export const px = (value: number): string => value.toFixed(1)

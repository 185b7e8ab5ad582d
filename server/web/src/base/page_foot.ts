// SPDX-License-Identifier: Apache-2.0
// What stands at the head and foot of every printed page, one text a copy. Margin boxes cannot take a text from the page,
// so the rules are made here: each copy prints on pages of its own name.
import { useEffect } from 'preact/hooks'

// As a string of CSS: quotes and line ends cannot break out of it.
export function cssString(text: string): string {
  return `"${text.replace(/[\\"\n\r\f]/g, (c) => `\\${c.codePointAt(0)!.toString(16)} `)}"`
}

// Name of the pages of a copy, for the property `page`.
export const pageOf = (copy: number) => `copy${copy + 1}`

function rule(name: string, foot: string, mark: string): string {
  return `@page ${name} {
    @top-right { content: ${cssString(mark)}; font-size: 10pt; font-weight: 700; }
    @bottom-left { content: ${cssString(foot)}; font-size: 8pt; white-space: pre; }
    @bottom-right { content: counter(page) "/" counter(pages); font-size: 8pt; }
  }`
}

// feet: a text for each copy; mark: such as 【訓練】, on every page.
export function usePageFoot(feet: readonly string[], mark: string): void {
  const key = JSON.stringify([feet, mark])
  useEffect(() => {
    const sheet = new CSSStyleSheet()
    const rules = feet.map((foot, i) => rule(pageOf(i), foot, mark))
    sheet.replaceSync(['@page { size: A4; margin: 14mm 12mm 16mm; }', ...rules].join('\n'))
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet)
    }
  }, [key])
}

// SPDX-License-Identifier: Apache-2.0
// What stands at the foot of every printed page. Margin boxes cannot take a text from the page, so the rule is made here.
import { useEffect } from 'preact/hooks'

// As a string of CSS: quotes and line ends cannot break out of it.
export function cssString(text: string): string {
  return `"${text.replace(/[\\"\n\r\f]/g, (c) => `\\${c.codePointAt(0)!.toString(16)} `)}"`
}

export function usePageFoot(text: string): void {
  useEffect(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(`@page {
      margin: 14mm 12mm 16mm;
      @bottom-left { content: ${cssString(text)}; font-size: 8pt; }
      @bottom-right { content: counter(page) "/" counter(pages); font-size: 8pt; }
    }`)
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet)
    }
  }, [text])
}

// SPDX-License-Identifier: Apache-2.0

// A text as a search compares it: width, case and kana do not matter.
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
}

// True when every word of the query occurs; the text must be folded already.
export function hasWords(folded: string, query: string): boolean {
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word))
}

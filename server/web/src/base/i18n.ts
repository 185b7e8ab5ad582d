// SPDX-License-Identifier: Apache-2.0
// Texts in two languages, side by side. A text that is missing in English, or has other parameters, is a type error.
import { type Lang, lang } from './settings'

type Table = Record<string, string | Record<string, string> | ((...args: never[]) => string)>
type Like<T extends Table> = {
  [K in keyof T]: T[K] extends string ? string : T[K] extends Record<string, string> ? Record<keyof T[K], string> : T[K]
}

// A table of a screen: const t = texts({ ja: {…}, en: {…} }); t.save in a component follows the language.
export function texts<const T extends Table>(tables: { ja: T; en: Like<T> }): Like<T> {
  const out = {} as Like<T>
  for (const key of Object.keys(tables.ja)) {
    Object.defineProperty(out, key, { enumerable: true, get: () => tables[lang.value as Lang][key as keyof T] })
  }
  return out
}

// SPDX-License-Identifier: Apache-2.0
// What this device prefers: language, theme, text size. Kept in localStorage, read before the first paint.
import { effect, signal } from '@preact/signals'

export type Lang = 'ja' | 'en'
export type Theme = 'auto' | 'light' | 'dark'
export type TextSize = 'normal' | 'large' | 'largest'

function kept<T extends string>(name: string, allowed: readonly T[], otherwise: T) {
  let found: string | null = null
  try {
    found = localStorage.getItem(name)
  } catch {
    // Storage may be shut off; the default then holds for this visit.
  }
  const setting = signal<T>(allowed.includes(found as T) ? (found as T) : otherwise)
  setting.subscribe((value) => {
    try {
      localStorage.setItem(name, value)
    } catch {
      // As above.
    }
  })
  return setting
}

const browserLang: Lang = navigator.language?.startsWith('en') ? 'en' : 'ja'
export const lang = kept<Lang>('sokuo.lang', ['ja', 'en'], browserLang)
export const theme = kept<Theme>('sokuo.theme', ['auto', 'light', 'dark'], 'auto')
export type Alarm = 'sound' | 'vibrate' | 'mute'
export const textSize = kept<TextSize>('sokuo.size', ['normal', 'large', 'largest'], 'normal')
// How a new order or call makes itself felt on this device.
export const alarm = kept<Alarm>('sokuo.alarm', ['sound', 'vibrate', 'mute'], 'sound')

// Writes them onto the document, now and at each change.
export function applySettings(): void {
  effect(() => {
    const root = document.documentElement
    root.lang = lang.value
    root.dataset.theme = theme.value
    root.dataset.size = textSize.value
  })
}

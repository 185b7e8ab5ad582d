// SPDX-License-Identifier: Apache-2.0
// What the bar at the top and the title of the window say; a screen that shows one incident sets it.
import { effect, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'

export const barIncident = signal<IncidentJson | null>(null)
const titleText = signal('')

// Names the screen in the window's title.
export function useTitle(title: string): void {
  useEffect(() => {
    titleText.value = title
  }, [title])
}

function clearBar(): void {
  barIncident.value = null
}

// Shows who commands, severity and mode of this incident in the bar while the screen is there. One without an id is known
// only in part (from a step): then its number stands where who commands would.
export function useBarIncident(incident: IncidentJson | null): void {
  useEffect(() => {
    barIncident.value = incident
  }, [incident])
  useEffect(() => clearBar, [])
}

// Keeps title and page edge in step with the mode: an exercise is never told from the real thing by colour alone.
export function barBegin(): void {
  effect(() => {
    const mode = barIncident.value?.mode
    const mark = mode === 'MODE_EXERCISE' ? '【訓練】' : mode === 'MODE_TEST' ? '【試験】' : ''
    document.title = `${mark}${titleText.value ? `${titleText.value} · ` : ''}即応`
    document.documentElement.dataset.mode =
      mode === 'MODE_EXERCISE' ? 'exercise' : mode === 'MODE_TEST' ? 'test' : 'real'
  })
}

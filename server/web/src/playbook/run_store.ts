// SPDX-License-Identifier: Apache-2.0
// Plans under way as the screen holds them: loaded whole, asked for anew when their incident moved. A burst of changes
// asks once.
import { type Concern, type Held, useHeld } from '../base/held'
import type { GetRunResponseJson, RunJson, RunStepJson } from '../gen/sokuo/v1/playbook_pb'
import { playbooks } from './services'

// Changes of incidents that match.
const of = <T>(concerns: (now: T | null, incidentId: string) => boolean): Concern<T> => ({
  change: (one, now) => one.stream === 'incident' && concerns(now, one.streamId ?? ''),
})

// The plans under way on an incident; all open ones when none is named.
export function useRuns(incidentId: string): Held<RunJson[]> {
  return useHeld(
    `runs/${incidentId}`,
    async () => (await playbooks.listRuns({ incidentId: incidentId || undefined })).runs ?? [],
    of((_, id) => incidentId === '' || id === incidentId),
  )
}

// One run with its steps, and every place of one step; for paper with the QR code of an address.
export function useRun(id: string, placesOf: string, qrOf?: string): Held<GetRunResponseJson> {
  return useHeld(
    `run/${id}/${placesOf}`,
    () => playbooks.getRun({ id, placesOf: placesOf || undefined, qrOf }),
    of((now, incidentId) => now === null || now.run?.incidentId === incidentId),
  )
}

export type Filter = 'all' | 'open' | 'late' | 'decision' | 'ratify'

// The steps a filter lets through.
export function filterSteps(steps: readonly RunStepJson[], filter: Filter): RunStepJson[] {
  const tests: Record<Filter, (one: RunStepJson) => boolean> = {
    all: () => true,
    open: (one) => isOpen(one),
    late: (one) => (one.progress?.overdue ?? 0) > 0,
    decision: (one) => Boolean(one.step?.decision),
    ratify: (one) => (one.progress?.unratified ?? 0) > 0,
  }
  return steps.filter(tests[filter])
}

export function isOpen(one: RunStepJson): boolean {
  const p = one.progress
  return one.mergedRunId ? false : (p?.total ?? 0) > (p?.done ?? 0) + (p?.dropped ?? 0)
}

// Steps one after the other, cut where the phase changes.
export function byPhase(steps: readonly RunStepJson[]): { phase: string; steps: RunStepJson[] }[] {
  const groups: { phase: string; steps: RunStepJson[] }[] = []
  for (const one of steps) {
    const phase = one.step?.phase ?? 'PHASE_UNSPECIFIED'
    const last = groups.at(-1)
    if (last?.phase === phase) last.steps.push(one)
    else groups.push({ phase, steps: [one] })
  }
  return groups
}

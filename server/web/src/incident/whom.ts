// SPDX-License-Identifier: Apache-2.0
// Whom to telephone: who has several duties stands once, at the place of the first. Pure.

import type { CallTargetJson } from '../gen/sokuo/v1/incident_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'

export interface Whom extends CallTargetJson {
  roles: (RoleJson | undefined)[]
}

export function whomToCall(targets: readonly CallTargetJson[]): Whom[] {
  const out = new Map<string, Whom>()
  for (const [i, target] of targets.entries()) {
    const key = target.personName ? `${target.personName}/${target.postName}/${target.phone ?? ''}` : `${i}`
    const known = out.get(key)
    if (known) known.roles.push(target.role)
    else out.set(key, { ...target, roles: [target.role] })
  }
  return [...out.values()]
}

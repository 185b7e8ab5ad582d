// SPDX-License-Identifier: Apache-2.0
// Who is offered which act; the server decides again.
import { computed } from '@preact/signals'
import { hasRole } from '../base/session'

const team = () => hasRole('ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY', 'ROLE_HANDLER', 'ROLE_CSIRT_MEMBER')
const heads = () => hasRole('ROLE_SISO', 'ROLE_CISO', 'ROLE_VCISO')

export const mayStart = computed(
  () => team() || heads() || hasRole('ROLE_POC', 'ROLE_DUTY_DESK', 'ROLE_MAYOR', 'ROLE_EOC'),
)
export const mayRecord = computed(() => team() || heads() || hasRole('ROLE_POC', 'ROLE_DUTY_DESK', 'ROLE_EOC'))
export const mayRatify = computed(() => heads() || hasRole('ROLE_MAYOR', 'ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY'))
export const mayWrite = computed(() => team() || heads() || hasRole('ROLE_EOC', 'ROLE_EDU', 'ROLE_WATER'))

// SPDX-License-Identifier: Apache-2.0
// The plans: list, page of one, printable pack.
import type { ScreenProps } from '../base/router'
import { PlanPaper } from './paper'
import { PlanList } from './plan_list'
import { PlanPage } from './plan_page'
import './playbook.css'

export default function Plans({ params }: ScreenProps) {
  const [id = '', part = ''] = (params['*'] ?? '').split('/')
  if (!id) return <PlanList />
  if (part === 'paper') return <PlanPaper key={id} id={id} />
  return <PlanPage key={id} id={id} />
}

// SPDX-License-Identifier: Apache-2.0
import type { ScreenProps } from '../base/router'
import { StepList } from './list'
import { StepScreen } from './step'
import './step.css'

export default function Steps({ params }: ScreenProps) {
  const id = params['*']
  return id ? <StepScreen id={id} key={id} /> : <StepList />
}

// SPDX-License-Identifier: Apache-2.0
import type { ScreenProps } from '../base/router'

export default function IncidentPage(_props: ScreenProps) {
  return <div class="page" />
}

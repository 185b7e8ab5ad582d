// SPDX-License-Identifier: Apache-2.0
import type { ScreenProps } from '../base/router'
import { t } from '../base/texts'

export default function Admin(_props: ScreenProps) {
  return <div class="page">{t.admin}</div>
}

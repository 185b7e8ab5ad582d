// SPDX-License-Identifier: Apache-2.0
import { outboxAdd } from '../base/outbox'
import type { Ready } from './entry_rows'

// Keeps what was read from paper on the device until the server has it. Answers its operation id.
export async function enqueue(ready: Ready): Promise<string> {
  return (await outboxAdd(ready.kind, ready.request, { about: ready.about })).operationId
}

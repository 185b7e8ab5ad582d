// SPDX-License-Identifier: Apache-2.0
import { client } from '../base/rpc'
import type { PlaybookService } from '../gen/sokuo/v1/playbook_pb'

export const playbooks = client<typeof PlaybookService>('PlaybookService')

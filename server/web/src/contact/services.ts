// SPDX-License-Identifier: Apache-2.0
import { client } from '../base/rpc'
import type { ContactService } from '../gen/sokuo/v1/contact_pb'

export const contacts = client<typeof ContactService>('ContactService')

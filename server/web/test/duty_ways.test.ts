// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { withoutWay } from '../src/duty/ways'

test('kinds of contact that no channel in use sends to are named', () => {
  const mail = { reaches: ['CONTACT_KIND_MAIL' as const], enabled: true }
  const sms = { reaches: ['CONTACT_KIND_SMS' as const, 'CONTACT_KIND_MOBILE' as const], enabled: false }
  expect(withoutWay([mail, sms])).toEqual(['CONTACT_KIND_MOBILE', 'CONTACT_KIND_PHONE', 'CONTACT_KIND_SMS'])
  expect(withoutWay([mail, { ...sms, enabled: true }])).toEqual(['CONTACT_KIND_PHONE'])
})

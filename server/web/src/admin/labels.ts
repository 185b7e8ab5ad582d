// SPDX-License-Identifier: Apache-2.0
// Names of the organisation's words.
import { names } from '../base/labels'
import type {
  ContactKindJson,
  CsvKindJson,
  PersonKindJson,
  TenureKindJson,
  UnitKindJson,
} from '../gen/sokuo/v1/directory_pb'
import type { IntegrationKindJson } from '../gen/sokuo/v1/intake_pb'

export const unitKindName = names<UnitKindJson>({
  UNIT_KIND_UNSPECIFIED: ['不明', 'Unknown'],
  UNIT_KIND_ORGAN: ['実施機関', 'Organ'],
  UNIT_KIND_DEPARTMENT: ['部局', 'Department'],
  UNIT_KIND_SECTION: ['課等', 'Section'],
})

export const tenureKindName = names<TenureKindJson>({
  TENURE_KIND_UNSPECIFIED: ['不明', 'Unknown'],
  TENURE_KIND_REGULAR: ['本務', 'Regular'],
  TENURE_KIND_ACTING: ['代行', 'Acting'],
  TENURE_KIND_CONCURRENT: ['兼務', 'Concurrent'],
  TENURE_KIND_DELEGATED: ['委任', 'Delegated'],
})

export const personKindName = names<PersonKindJson>({
  PERSON_KIND_UNSPECIFIED: ['不明', 'Unknown'],
  PERSON_KIND_STAFF: ['職員', 'Staff'],
  PERSON_KIND_FIXED_TERM: ['会計年度任用職員', 'Fixed-term'],
  PERSON_KIND_SPECIAL: ['特別職', 'Special post'],
  PERSON_KIND_TEACHER: ['教職員', 'Teacher'],
  PERSON_KIND_COUNCILLOR: ['議員', 'Councillor'],
  PERSON_KIND_COMMISSIONER: ['委員', 'Commissioner'],
  PERSON_KIND_PUBLIC_ENTERPRISE: ['公営企業職員', 'Public enterprise'],
  PERSON_KIND_CONTRACTOR: ['委託事業者', 'Contractor'],
})

export const contactKindName = names<ContactKindJson>({
  CONTACT_KIND_UNSPECIFIED: ['不明', 'Unknown'],
  CONTACT_KIND_MOBILE: ['携帯電話', 'Mobile'],
  CONTACT_KIND_PHONE: ['電話', 'Telephone'],
  CONTACT_KIND_MAIL: ['電子メール', 'Mail'],
  CONTACT_KIND_SMS: ['SMS', 'SMS'],
  CONTACT_KIND_CHAT: ['庁内チャット', 'Chat'],
  CONTACT_KIND_WEB_PUSH: ['ブラウザーへの通知', 'Web Push'],
})

export const csvKindName = names<CsvKindJson>({
  CSV_KIND_UNSPECIFIED: ['見出しから判断', 'Tell from the header'],
  CSV_KIND_UNITS: ['組織', 'Organisation'],
  CSV_KIND_POSTS: ['職', 'Posts'],
  CSV_KIND_PERSONS: ['職員', 'People'],
  CSV_KIND_TENURES: ['異動', 'Transfers'],
  CSV_KIND_ROLES: ['責務', 'Duties'],
  CSV_KIND_CONTACTS: ['連絡先', 'Contact points'],
  CSV_KIND_SYSTEMS: ['システム', 'Systems'],
  CSV_KIND_SUCCESSION: ['代行順位', 'Orders of succession'],
})

export const integrationKindName = names<IntegrationKindJson>({
  INTEGRATION_KIND_UNSPECIFIED: ['不明', 'Unknown'],
  INTEGRATION_KIND_ALERTMANAGER: ['Alertmanager / Grafana', 'Alertmanager / Grafana'],
  INTEGRATION_KIND_PAGERDUTY: ['PagerDuty Events v2', 'PagerDuty Events v2'],
  INTEGRATION_KIND_HOOK: ['JSONの通知', 'JSON hook'],
})

export const RANKS = ['1', '2', '3', '4', '5'] as const
export const rankName = names<string>({
  '': ['不明', 'Unknown'],
  '1': ['特別職', 'Special post'],
  '2': ['部長級', 'Director'],
  '3': ['課長級', 'Section head'],
  '4': ['係長級', 'Subsection head'],
  '5': ['その他', 'Other'],
})

// SPDX-License-Identifier: Apache-2.0
// The names of the contract's words in both languages. A value without a name is a type error.
import type { CapacityJson, ConfidentialityJson, ModeJson } from '../gen/sokuo/v1/common_pb'
import type {
  AssetLevelJson,
  CertaintyJson,
  ConfidentialityLabelJson,
  EntryKindJson,
  FindingJson,
  IncidentStateJson,
  IncidentTypeJson,
  LinkKindJson,
  MeansJson,
  NetworkZoneJson,
  SeverityJson,
  SpreadJson,
  ThreatGroupJson,
} from '../gen/sokuo/v1/incident_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import type { FanOutJson, PhaseJson, StepStateJson } from '../gen/sokuo/v1/playbook_pb'
import { lang } from './settings'

type Names<K extends string> = Record<K, readonly [ja: string, en: string]>

// A reader of a table: severityName('SEVERITY_S3'); an absent value reads as the unspecified one.
export function names<K extends string>(table: Names<K>) {
  const keys = Object.keys(table) as K[]
  const name = (key: K | undefined): string => (table[key ?? keys[0]!] ?? [key, key])[lang.value === 'en' ? 1 : 0] ?? ''
  // Every value but the unspecified one, in the order of the table.
  name.keys = keys.slice(1)
  name.all = keys
  return name
}

export const modeName = names<ModeJson>({
  MODE_UNSPECIFIED: ['実際', 'Real'],
  MODE_REAL: ['実際', 'Real'],
  MODE_EXERCISE: ['訓練', 'Exercise'],
  MODE_TEST: ['動作試験', 'Test'],
})

export const confidentialityName = names<ConfidentialityJson>({
  CONFIDENTIALITY_UNSPECIFIED: ['庁内限り', 'Internal'],
  CONFIDENTIALITY_PUBLIC: ['公開可', 'Public'],
  CONFIDENTIALITY_INTERNAL: ['庁内限り', 'Internal'],
  CONFIDENTIALITY_RESTRICTED: ['関係者限り', 'Restricted'],
  CONFIDENTIALITY_CONFIDENTIAL: ['指名', 'Named only'],
  CONFIDENTIALITY_SEALED: ['秘匿', 'Sealed'],
})

export const capacityName = names<CapacityJson>({
  CAPACITY_UNSPECIFIED: ['', ''],
  CAPACITY_SELF: ['本人', 'in person'],
  CAPACITY_ACTING: ['代行', 'acting'],
  CAPACITY_SCRIBE: ['代筆', 'written down for'],
  CAPACITY_SYSTEM: ['系', 'system'],
  CAPACITY_INTEGRATION: ['連携', 'integration'],
})

export const threatGroupName = names<ThreatGroupJson>({
  THREAT_GROUP_UNSPECIFIED: ['不明', 'Unknown'],
  THREAT_GROUP_INTENTIONAL: ['意図的な要因', 'Intentional'],
  THREAT_GROUP_UNINTENTIONAL: ['非意図的な要因', 'Unintentional'],
  THREAT_GROUP_DISASTER: ['災害', 'Disaster'],
  THREAT_GROUP_STAFFING: ['要員不足', 'Staff shortage'],
  THREAT_GROUP_INFRASTRUCTURE: ['インフラ障害', 'Infrastructure'],
})

export const typeName = names<IncidentTypeJson>({
  INCIDENT_TYPE_UNSPECIFIED: ['不明', 'Unknown'],
  INCIDENT_TYPE_MALWARE: ['マルウェア・ランサムウェア', 'Malware, ransomware'],
  INCIDENT_TYPE_INTRUSION: ['不正アクセス', 'Unauthorised access'],
  INCIDENT_TYPE_DEFACEMENT: ['改ざん', 'Defacement'],
  INCIDENT_TYPE_DOS: ['サービス不能攻撃', 'Denial of service'],
  INCIDENT_TYPE_PHISHING: ['標的型メール・フィッシング', 'Targeted mail, phishing'],
  INCIDENT_TYPE_CREDENTIAL_THEFT: ['ID窃取', 'Stolen credentials'],
  INCIDENT_TYPE_SNS_HIJACK: ['SNS乗っ取り', 'Social account taken over'],
  INCIDENT_TYPE_SNS_IMPERSONATION: ['SNSなりすまし', 'Social impersonation'],
  INCIDENT_TYPE_PHYSICAL_INTRUSION: ['部外者侵入', 'Intruder on the premises'],
  INCIDENT_TYPE_THEFT: ['盗難', 'Theft'],
  INCIDENT_TYPE_SOCIAL_ENGINEERING: ['重要情報の詐取', 'Social engineering'],
  INCIDENT_TYPE_INSIDER: ['内部不正', 'Insider misconduct'],
  INCIDENT_TYPE_MISDELIVERY: ['誤送信・誤交付', 'Sent or handed to the wrong person'],
  INCIDENT_TYPE_MISPUBLICATION: ['誤公開', 'Published by mistake'],
  INCIDENT_TYPE_LOSS: ['紛失', 'Loss'],
  INCIDENT_TYPE_UNAUTHORIZED_TAKEOUT: ['無断持出し', 'Taken out without leave'],
  INCIDENT_TYPE_UNAUTHORIZED_SOFTWARE: ['無許可ソフトウェア', 'Unapproved software'],
  INCIDENT_TYPE_DESIGN_DEFECT: ['設計・開発の不備', 'Design defect'],
  INCIDENT_TYPE_PROGRAM_BUG: ['プログラム上の欠陥', 'Program bug'],
  INCIDENT_TYPE_OPERATION_ERROR: ['操作・設定ミス', 'Operating or setting error'],
  INCIDENT_TYPE_MAINTENANCE_DEFECT: ['メンテナンス不備', 'Maintenance defect'],
  INCIDENT_TYPE_AUDIT_FAILURE: ['監査機能の不備', 'Audit failure'],
  INCIDENT_TYPE_OUTSOURCING_FAILURE: ['委託管理の不備', 'Contractor oversight'],
  INCIDENT_TYPE_MANAGEMENT_DEFECT: ['マネジメントの欠陥', 'Management defect'],
  INCIDENT_TYPE_EQUIPMENT_FAILURE: ['機器故障', 'Equipment failure'],
  INCIDENT_TYPE_VULNERABILITY: ['重大脆弱性', 'Critical vulnerability'],
  INCIDENT_TYPE_MIGRATION_FAILURE: ['システム更改失敗', 'Failed migration'],
  INCIDENT_TYPE_EARTHQUAKE: ['地震', 'Earthquake'],
  INCIDENT_TYPE_TSUNAMI: ['津波', 'Tsunami'],
  INCIDENT_TYPE_STORM_FLOOD: ['風水害', 'Storm, flood'],
  INCIDENT_TYPE_LIGHTNING: ['落雷', 'Lightning'],
  INCIDENT_TYPE_FIRE: ['火災', 'Fire'],
  INCIDENT_TYPE_LANDSLIDE: ['土砂災害', 'Landslide'],
  INCIDENT_TYPE_FACILITY_DAMAGE: ['施設損壊', 'Damaged facility'],
  INCIDENT_TYPE_PANDEMIC: ['感染症', 'Epidemic'],
  INCIDENT_TYPE_MASS_ABSENCE: ['大量欠勤', 'Mass absence'],
  INCIDENT_TYPE_KEY_PERSON_LOSS: ['特定要員の喪失', 'Loss of a key person'],
  INCIDENT_TYPE_CONTRACTOR_SHORTAGE: ['委託要員の不足', 'Contractor shortage'],
  INCIDENT_TYPE_POWER_OUTAGE: ['停電', 'Power outage'],
  INCIDENT_TYPE_TELECOM_OUTAGE: ['通信途絶', 'Telecom outage'],
  INCIDENT_TYPE_LGWAN_OUTAGE: ['LGWAN断', 'LGWAN outage'],
  INCIDENT_TYPE_INTERNET_OUTAGE: ['インターネット断', 'Internet outage'],
  INCIDENT_TYPE_PHONE_OUTAGE: ['電話不通', 'Telephone outage'],
  INCIDENT_TYPE_WATER_OUTAGE: ['断水', 'Water outage'],
  INCIDENT_TYPE_COOLING_FAILURE: ['空調停止', 'Cooling failure'],
  INCIDENT_TYPE_CLOUD_OUTAGE: ['クラウド障害', 'Cloud outage'],
  INCIDENT_TYPE_DATACENTER_OUTAGE: ['データセンター障害', 'Data centre outage'],
})

export const severityName = names<SeverityJson>({
  SEVERITY_UNSPECIFIED: ['未判定', 'Not judged'],
  SEVERITY_S0: ['事象', 'Event'],
  SEVERITY_S1: ['軽微', 'Minor'],
  SEVERITY_S2: ['中', 'Moderate'],
  SEVERITY_S3: ['重大', 'Serious'],
  SEVERITY_S4: ['危機', 'Crisis'],
})

export const stateName = names<IncidentStateJson>({
  INCIDENT_STATE_UNSPECIFIED: ['不明', 'Unknown'],
  INCIDENT_STATE_DETECTED: ['検知', 'Detected'],
  INCIDENT_STATE_INTAKE: ['受付', 'Intake'],
  INCIDENT_STATE_TRIAGE: ['トリアージ', 'Triage'],
  INCIDENT_STATE_HANDLING_LOCAL: ['所属対応', 'Local handling'],
  INCIDENT_STATE_ACTIVATED: ['発動', 'Activated'],
  INCIDENT_STATE_CONTAINMENT: ['封じ込め', 'Containment'],
  INCIDENT_STATE_ERADICATION: ['根絶', 'Eradication'],
  INCIDENT_STATE_RECOVERY: ['復旧', 'Recovery'],
  INCIDENT_STATE_MONITORING: ['経過観察', 'Monitoring'],
  INCIDENT_STATE_CLOSED: ['終結', 'Closed'],
  INCIDENT_STATE_CLOSED_FALSE: ['誤検知', 'False alarm'],
  INCIDENT_STATE_REVIEW: ['事後評価', 'Review'],
  INCIDENT_STATE_ARCHIVED: ['保管', 'Archived'],
  INCIDENT_STATE_MERGED: ['統合済み', 'Merged'],
})

export const zoneName = names<NetworkZoneJson>({
  NETWORK_ZONE_UNSPECIFIED: ['不明', 'Unknown'],
  NETWORK_ZONE_MYNUMBER: ['マイナンバー利用事務系', 'My Number zone'],
  NETWORK_ZONE_LGWAN: ['LGWAN接続系', 'LGWAN zone'],
  NETWORK_ZONE_INTERNET: ['インターネット接続系', 'Internet zone'],
  NETWORK_ZONE_SCHOOL_ADMIN: ['校務系', 'School administration'],
  NETWORK_ZONE_SCHOOL_LEARNING: ['学習系', 'School learning'],
  NETWORK_ZONE_OT_WATER: ['水道制御系', 'Water control'],
  NETWORK_ZONE_OFFLINE_PAPER: ['紙・オフライン', 'Paper, offline'],
  NETWORK_ZONE_CLOUD_GOV: ['ガバメントクラウド', 'Government cloud'],
  NETWORK_ZONE_CLOUD_SAAS: ['SaaS', 'SaaS'],
})

export const confidentialityLabelName = names<ConfidentialityLabelJson>({
  CONFIDENTIALITY_LABEL_UNSPECIFIED: ['不明', 'Unknown'],
  CONFIDENTIALITY_LABEL_C1: ['自治体機密性1', 'C1'],
  CONFIDENTIALITY_LABEL_C2: ['自治体機密性2', 'C2'],
  CONFIDENTIALITY_LABEL_C3C: ['自治体機密性3C', 'C3C'],
  CONFIDENTIALITY_LABEL_C3B: ['自治体機密性3B', 'C3B'],
  CONFIDENTIALITY_LABEL_C3A: ['自治体機密性3A', 'C3A'],
})

export const assetLevelName = names<AssetLevelJson>({
  ASSET_LEVEL_UNSPECIFIED: ['不明', 'Unknown'],
  ASSET_LEVEL_1: ['1', '1'],
  ASSET_LEVEL_2: ['2', '2'],
})

export const findingName = names<FindingJson>({
  FINDING_UNSPECIFIED: ['不明', 'Unknown'],
  FINDING_NO: ['なし(確認済み)', 'No (confirmed)'],
  FINDING_SUSPECTED: ['おそれあり', 'Suspected'],
  FINDING_CONFIRMED: ['あり(確認済み)', 'Yes (confirmed)'],
})

// As a choice in a form.
export const findingChoice = names<FindingJson>({
  FINDING_UNSPECIFIED: ['不明', 'Unknown'],
  FINDING_NO: ['ない', 'No'],
  FINDING_SUSPECTED: ['おそれあり', 'Suspected'],
  FINDING_CONFIRMED: ['ある', 'Yes'],
})

export const spreadName = names<SpreadJson>({
  SPREAD_UNSPECIFIED: ['不明', 'Unknown'],
  SPREAD_CONTAINED: ['拡大なし', 'Not spreading'],
  SPREAD_SPREADING: ['拡大中', 'Spreading'],
})

export const linkName = names<LinkKindJson>({
  LINK_KIND_UNSPECIFIED: ['関連', 'Related'],
  LINK_KIND_RELATED: ['関連', 'Related'],
  LINK_KIND_CAUSED_BY: ['原因', 'Caused by'],
  LINK_KIND_MERGED_INTO: ['統合先', 'Merged into'],
  LINK_KIND_MERGED_FROM: ['統合元', 'Merged from'],
  LINK_KIND_SPLIT_FROM: ['分離元', 'Split from'],
  LINK_KIND_SPLIT_INTO: ['分離先', 'Split into'],
  LINK_KIND_CAUSE_OF: ['結果', 'Cause of'],
})

export const entryKindName = names<EntryKindJson>({
  ENTRY_KIND_UNSPECIFIED: ['情報', 'Information'],
  ENTRY_KIND_INFORMATION: ['情報', 'Information'],
  ENTRY_KIND_REQUEST: ['要請', 'Request'],
  ENTRY_KIND_ORDER: ['指示', 'Order'],
  ENTRY_KIND_DECISION: ['決定', 'Decision'],
  ENTRY_KIND_REPORT: ['報告', 'Report'],
  ENTRY_KIND_NOTICE: ['連絡', 'Notice'],
  ENTRY_KIND_CHANGE: ['変更', 'Change'],
})

export const meansName = names<MeansJson>({
  MEANS_UNSPECIFIED: ['不明', 'Unknown'],
  MEANS_PHONE: ['電話', 'Telephone'],
  MEANS_RADIO: ['無線', 'Radio'],
  MEANS_FAX: ['FAX', 'Fax'],
  MEANS_SPOKEN: ['口頭', 'Spoken'],
  MEANS_SYSTEM: ['系', 'System'],
  MEANS_MAIL: ['電子メール', 'Mail'],
  MEANS_PAPER: ['書面', 'Paper'],
})

export const certaintyName = names<CertaintyJson>({
  CERTAINTY_UNSPECIFIED: ['確度不明', 'Certainty unknown'],
  CERTAINTY_CONFIRMED: ['確認済み', 'Confirmed'],
  CERTAINTY_UNCONFIRMED: ['未確認', 'Unconfirmed'],
  CERTAINTY_ESTIMATED: ['推定', 'Estimated'],
  CERTAINTY_FALSE: ['誤報', 'False report'],
})

export const roleName = names<RoleJson>({
  ROLE_UNSPECIFIED: ['不明', 'Unknown'],
  ROLE_MAYOR: ['市長', 'Mayor'],
  ROLE_CISO: ['最高情報セキュリティ責任者(CISO)', 'Chief information security officer'],
  ROLE_VCISO: ['副CISO', 'Deputy CISO'],
  ROLE_SISO: ['統括情報セキュリティ責任者', 'General security officer'],
  ROLE_CSIRT_LEAD: ['CSIRT責任者', 'CSIRT lead'],
  ROLE_CSIRT_DEPUTY: ['CSIRT副責任者', 'CSIRT deputy'],
  ROLE_HANDLER: ['インシデントハンドラー', 'Incident handler'],
  ROLE_CSIRT_MEMBER: ['CSIRT要員', 'CSIRT member'],
  ROLE_POC: ['統一的な窓口(PoC)', 'Point of contact'],
  ROLE_DUTY_DESK: ['当直・宿日直', 'Duty desk'],
  ROLE_ISO: ['情報セキュリティ責任者(部局長)', 'Department security officer'],
  ROLE_ISM: ['情報セキュリティ管理者(所属長)', 'Section head'],
  ROLE_SYSMGR: ['情報システム管理者', 'System manager'],
  ROLE_SYSOP: ['情報システム担当者', 'System operator'],
  ROLE_STAFF: ['職員等', 'Staff'],
  ROLE_PRIVACY: ['個人情報保護所管', 'Privacy office'],
  ROLE_PR: ['広報', 'Public relations'],
  ROLE_HR: ['人事', 'Personnel'],
  ROLE_LEGAL: ['法務', 'Legal'],
  ROLE_FACILITY: ['庁舎管理', 'Facilities'],
  ROLE_EOC: ['防災危機管理', 'Emergency management'],
  ROLE_WATER: ['上下水道局', 'Waterworks'],
  ROLE_EDU: ['教育委員会側責任者', 'Board of education'],
  ROLE_AUDITOR: ['情報セキュリティ監査統括責任者', 'Audit lead'],
  ROLE_CONTRACTOR: ['委託事業者', 'Contractor'],
  ROLE_ADMIN: ['システム管理者', 'Administrator'],
  ROLE_COMMITTEE: ['情報セキュリティ委員会', 'Security committee'],
})

export const phaseName = names<PhaseJson>({
  PHASE_UNSPECIFIED: ['追加', 'Added'],
  PHASE_DETECT: ['検知', 'Detect'],
  PHASE_INTAKE: ['受付・連絡', 'Intake'],
  PHASE_TRIAGE: ['判断', 'Triage'],
  PHASE_ACTIVATE: ['発動・周知', 'Activate'],
  PHASE_CONTAIN: ['封じ込め', 'Contain'],
  PHASE_ERADICATE: ['根絶', 'Eradicate'],
  PHASE_RECOVER: ['復旧', 'Recover'],
  PHASE_CLOSE: ['終結', 'Close'],
  PHASE_REVIEW: ['評価', 'Review'],
})

export const stepStateName = names<StepStateJson>({
  STEP_STATE_UNSPECIFIED: ['不明', 'Unknown'],
  STEP_STATE_PENDING: ['先の手順待ち', 'Waits for others'],
  STEP_STATE_READY: ['未着手', 'Not begun'],
  STEP_STATE_IN_PROGRESS: ['着手中', 'Under way'],
  STEP_STATE_DONE: ['完了', 'Done'],
  STEP_STATE_SKIPPED: ['省略', 'Skipped'],
  STEP_STATE_NOT_APPLICABLE: ['該当なし', 'Not applicable'],
  STEP_STATE_BLOCKED: ['できない', 'Cannot be done'],
})

export const fanOutName = names<FanOutJson>({
  FAN_OUT_UNSPECIFIED: ['担当に応じて', 'By the duty'],
  FAN_OUT_ONCE: ['全体で1件', 'Once'],
  FAN_OUT_SECTION: ['影響を受ける課ごと', 'Each affected section'],
  FAN_OUT_EVERY_SECTION: ['すべての課ごと', 'Every section'],
  FAN_OUT_SYSTEM: ['影響を受けるシステムごと', 'Each affected system'],
  FAN_OUT_DEPARTMENT: ['影響を受ける部ごと', 'Each department'],
})

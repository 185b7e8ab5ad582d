// SPDX-License-Identifier: Apache-2.0
// Integrations: where alerts come from, how a body is read, when an incident opens by itself.
import { useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { modeName, severityName, typeName } from '../base/labels'
import { intake } from '../base/services'
import type {
  HookMappingJson,
  IntakeItemJson,
  IntakeRuleJson,
  IntegrationJson,
  LabelJson,
} from '../gen/sokuo/v1/intake_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { type Column, Empty, Table } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { integrationKindName } from './labels'
import { Check, PageList, SaveDialog, Secret, usePages } from './parts'
import { t } from './texts'

// "name=value" lines and back; lines without "=" are not taken.
export function parseLabels(text: string): LabelJson[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf('=')
    return at > 0 ? [{ name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }] : []
  })
}

export function printLabels(labels: readonly LabelJson[] | undefined): string {
  return (labels ?? []).map((label) => `${label.name}=${label.value}`).join('\n')
}

// What README shows, with the address of this server filled in.
export function alertmanagerYaml(url: string): string {
  return [
    'route:',
    '  receiver: sokuo',
    '  group_by: [alertname, instance]',
    '  group_wait: 1s',
    'receivers:',
    '  - name: sokuo',
    '    webhook_configs:',
    `      - url: '${url}'`,
    '        send_resolved: true',
  ].join('\n')
}

const POINTERS: [keyof HookMappingJson, () => string][] = [
  ['items', () => t.mapItems],
  ['title', () => t.mapTitle],
  ['description', () => t.mapDescription],
  ['dedupKey', () => t.mapDedup],
  ['severity', () => t.mapSeverity],
  ['resolved', () => t.mapResolved],
  ['resolvedValue', () => t.mapResolvedValue],
  ['sourceUrl', () => t.mapUrl],
  ['startedAt', () => t.mapStarted],
]

function MappingFields({
  mapping,
  onChange,
}: {
  mapping: HookMappingJson
  onChange: (mapping: HookMappingJson) => void
}) {
  const [body, setBody] = useState('')
  const [items, setItems] = useState<IntakeItemJson[] | null>(null)
  const [error, setError] = useState<unknown>(null)
  const change = (part: HookMappingJson) => onChange({ ...mapping, ...part })
  const preview = () =>
    intake.previewMapping({ mapping, body }).then((answer) => {
      setItems(answer.items ?? [])
      setError(null)
    }, setError)
  return (
    <fieldset class="card stack">
      <legend>{t.mapping}</legend>
      <p class="quiet small">{t.mappingHint}</p>
      <div class="two">
        {POINTERS.map(([key, label]) => (
          <TextField
            key={key}
            label={label()}
            maxLength={200}
            value={(mapping[key] as string | undefined) ?? ''}
            onInput={(value) => change({ [key]: value })}
          />
        ))}
      </div>
      <TextField
        label={t.mapSeverities}
        rows={3}
        value={printLabels(mapping.severityValues)}
        onInput={(text) => change({ severityValues: parseLabels(text) })}
      />
      <TextField
        label={t.mapLabels}
        rows={3}
        value={printLabels(mapping.labels)}
        onInput={(text) => change({ labels: parseLabels(text) })}
      />
      <TextField label={t.previewBody} rows={5} value={body} onInput={setBody} />
      <Button disabled={!body.trim()} onClick={() => void preview()}>
        {t.preview}
      </Button>
      <ErrorNote error={error} />
      {items && items.length === 0 && <p class="note warn">{t.previewEmpty}</p>}
      {items?.map((item) => (
        <p class="note good" key={item.dedupKey}>
          <Severity value={item.severity} short /> <strong>{item.title}</strong> {item.description}
        </p>
      ))}
    </fieldset>
  )
}

function RuleFields({ rule, onChange }: { rule: IntakeRuleJson; onChange: (rule: IntakeRuleJson) => void }) {
  const change = (part: IntakeRuleJson) => onChange({ ...rule, ...part })
  return (
    <fieldset class="card stack">
      <legend>{t.rule}</legend>
      <Check label={t.ruleOpens} on={rule.opensIncident} onChange={(opensIncident) => change({ opensIncident })} />
      {rule.opensIncident && (
        <>
          <Select
            label={t.ruleFrom}
            value={rule.minSeverity ?? 'SEVERITY_S2'}
            options={severityName.keys}
            name={(value) => `${value.slice(-2)} ${severityName(value)}`}
            onChange={(minSeverity) => change({ minSeverity })}
          />
          <Select
            label={t.ruleType}
            value={rule.incidentType ?? 'INCIDENT_TYPE_UNSPECIFIED'}
            options={typeName.all}
            name={typeName}
            onChange={(incidentType) => change({ incidentType })}
          />
          <TextField
            label={t.match}
            rows={3}
            value={printLabels(rule.match)}
            onInput={(text) => change({ match: parseLabels(text) })}
          />
        </>
      )}
    </fieldset>
  )
}

type Made = { token: string; path: string; kind: IntegrationJson['kind'] } | null

function IntegrationForm(props: {
  integration: IntegrationJson
  onMade: (made: Made) => void
  onClose: (saved: boolean) => void
}) {
  const { integration } = props
  const isNew = !integration.id
  return (
    <SaveDialog
      wide
      title={isNew ? t.add : t.edit}
      initial={{
        id: integration.id,
        name: integration.name ?? '',
        kind: integration.kind ?? 'INTEGRATION_KIND_ALERTMANAGER',
        enabled: integration.enabled ?? true,
        mode: integration.mode ?? 'MODE_REAL',
        mapping: integration.mapping ?? {},
        intakeRule: integration.intakeRule ?? {},
        ratePerMinute: integration.ratePerMinute || 120,
        hmacSecret: '',
      }}
      valid={(form) => !!form.name.trim()}
      save={async (form) => {
        const answer = await intake.saveIntegration(form)
        if (answer.token) props.onMade({ token: answer.token, path: answer.path ?? '', kind: form.kind })
      }}
      onClose={props.onClose}
    >
      {(form, change) => (
        <>
          <TextField label={t.name} required maxLength={100} value={form.name} onInput={(name) => change({ name })} />
          {isNew && (
            <>
              <Select
                label={t.kind}
                value={form.kind}
                options={integrationKindName.keys}
                name={integrationKindName}
                onChange={(kind) => change({ kind })}
              />
              <Select
                label={t.mode}
                value={form.mode}
                options={modeName.keys}
                name={modeName}
                onChange={(mode) => change({ mode })}
              />
            </>
          )}
          <Check label={t.enabled} on={form.enabled} onChange={(enabled) => change({ enabled })} />
          <TextField
            label={t.rate}
            type="number"
            inputMode="numeric"
            value={String(form.ratePerMinute)}
            onInput={(text) => change({ ratePerMinute: Number(text) || 0 })}
          />
          {form.kind === 'INTEGRATION_KIND_HOOK' && (
            <>
              <TextField
                label={t.hmac}
                hint={integration.hasHmacSecret ? t.hmacSet : undefined}
                type="password"
                maxLength={200}
                value={form.hmacSecret}
                onInput={(hmacSecret) => change({ hmacSecret })}
              />
              <MappingFields mapping={form.mapping} onChange={(mapping) => change({ mapping })} />
            </>
          )}
          <RuleFields rule={form.intakeRule} onChange={(intakeRule) => change({ intakeRule })} />
        </>
      )}
    </SaveDialog>
  )
}

function Renew(props: { integration: IntegrationJson; onMade: (made: Made) => void; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null)
  const { id, kind, name } = props.integration
  const save = () =>
    intake
      .renewIntegrationToken({ id })
      .then((answer) => props.onMade({ token: answer.token ?? '', path: answer.path ?? '', kind }), setError)
  return (
    <FormDialog
      title={`${t.renew}: ${name}`}
      submit={t.renew}
      danger
      error={error}
      onSubmit={() => void save()}
      onClose={props.onClose}
    >
      <p>{t.renewHint}</p>
    </FormDialog>
  )
}

export function Integrations() {
  const pages = usePages('integrations', async () => ({ rows: (await intake.listIntegrations({})).integrations ?? [] }))
  const [open, setOpen] = useState<IntegrationJson | null>(null)
  const [renewing, setRenewing] = useState<IntegrationJson | null>(null)
  const [made, setMade] = useState<Made>(null)
  const shown = (value: Made) => {
    setRenewing(null)
    setMade(value)
    void pages.reload()
  }
  const columns: Column<IntegrationJson>[] = [
    {
      head: t.name,
      cell: (one) => (
        <Button look="plain" onClick={() => setOpen(one)}>
          <ModeMark mode={one.mode} />
          {one.name}
        </Button>
      ),
    },
    { head: t.kind, cell: (one) => integrationKindName(one.kind) },
    { head: t.enabled, cell: (one) => (one.enabled ? t.enabled : t.disabled) },
    { head: t.lastSeen, num: true, cell: (one) => (one.lastSeenAt ? jstShort(one.lastSeenAt) : t.never) },
    {
      head: t.token,
      cell: (one) => (
        <div class="row">
          <code>{one.tokenPrefix}…</code>
          <Button look="plain" onClick={() => setRenewing(one)}>
            {t.renew}
          </Button>
        </div>
      ),
    },
  ]
  const url = location.origin + (made?.path ?? '')
  const secrets: [string, string][] = [[t.url, url]]
  if (made?.kind === 'INTEGRATION_KIND_ALERTMANAGER') secrets.push([t.yaml, alertmanagerYaml(url)])
  else if (made) secrets.push([t.token, made.token])
  return (
    <>
      <div class="row spread">
        <h2>{t.integrations}</h2>
        <Button onClick={() => setOpen({})}>{t.add}</Button>
      </div>
      <PageList pages={pages}>
        {(rows) => (
          <Table
            caption={t.integrations}
            columns={columns}
            rows={rows}
            rowKey={(one) => one.id ?? ''}
            empty={
              <Empty title={t.emptyIntegrations}>
                <p>{t.emptyIntegrationsHint}</p>
              </Empty>
            }
          />
        )}
      </PageList>
      {open && (
        <IntegrationForm
          integration={open}
          onMade={shown}
          onClose={(saved) => {
            setOpen(null)
            if (saved) void pages.reload()
          }}
        />
      )}
      {renewing && <Renew integration={renewing} onMade={shown} onClose={() => setRenewing(null)} />}
      {made && <Secret title={t.token} values={secrets} onClose={() => setMade(null)} />}
    </>
  )
}

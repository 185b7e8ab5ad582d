// SPDX-License-Identifier: Apache-2.0
// Organs, departments and sections as a tree; systems as a list.
import { useState } from 'preact/hooks'
import { cityNeeded, sectionChoices } from '../base/city'
import { zoneName } from '../base/labels'
import { directory } from '../base/services'
import { t as common } from '../base/texts'
import type { SystemJson, UnitJson, UnitKindJson } from '../gen/sokuo/v1/directory_pb'
import { Button } from '../ui/button'
import { Select, TextField } from '../ui/field'
import { type Column, Empty, Table } from '../ui/parts'
import { unitKindName } from './labels'
import { Check, PageList, SaveDialog, usePages } from './parts'
import { t } from './texts'

// Parents before children, each with its depth.
export function asTree(units: readonly UnitJson[]): { unit: UnitJson; depth: number }[] {
  const out: { unit: UnitJson; depth: number }[] = []
  const ids = new Set(units.map((unit) => unit.id))
  const add = (parent: string | undefined, depth: number) => {
    for (const unit of units) {
      const top = !unit.parentId || !ids.has(unit.parentId)
      if (parent === undefined ? !top : unit.parentId !== parent) continue
      out.push({ unit, depth })
      if (depth < 8) add(unit.id, depth + 1)
    }
  }
  add(undefined, 0)
  return out
}

const PARENT_OF: Partial<Record<UnitKindJson, UnitKindJson>> = {
  UNIT_KIND_DEPARTMENT: 'UNIT_KIND_ORGAN',
  UNIT_KIND_SECTION: 'UNIT_KIND_DEPARTMENT',
}

function UnitForm(props: { unit: UnitJson; units: readonly UnitJson[]; onClose: (saved: boolean) => void }) {
  const { unit, units, onClose } = props
  return (
    <SaveDialog
      title={unit.id ? t.edit : t.add}
      initial={unit}
      valid={(form) => !!form.code?.trim() && !!form.name?.trim()}
      save={(form) => directory.saveUnit({ unit: form as { code: string; name: string } })}
      onClose={onClose}
    >
      {(form, change) => {
        const above = units.filter((one) => one.kind === PARENT_OF[form.kind ?? 'UNIT_KIND_ORGAN'])
        const names = new Map(above.map((one) => [one.id ?? '', one.name ?? '']))
        return (
          <>
            <Select
              label={t.kind}
              value={form.kind ?? 'UNIT_KIND_SECTION'}
              options={unitKindName.keys}
              name={unitKindName}
              onChange={(kind) => change({ kind, parentId: '' })}
            />
            <TextField
              label={t.unitCode}
              required
              maxLength={30}
              value={form.code ?? ''}
              onInput={(code) => change({ code })}
            />
            <TextField
              label={t.name}
              required
              maxLength={100}
              value={form.name ?? ''}
              onInput={(name) => change({ name })}
            />
            {above.length > 0 && (
              <Select
                label={t.parent}
                value={form.parentId ?? ''}
                options={['', ...names.keys()]}
                name={(id) => names.get(id) ?? '—'}
                onChange={(parentId) => change({ parentId })}
              />
            )}
            <TextField
              label={t.phone}
              type="tel"
              maxLength={30}
              value={form.phone ?? ''}
              onInput={(phone) => change({ phone })}
            />
            <Check label={t.active} on={form.active} onChange={(active) => change({ active })} />
          </>
        )
      }}
    </SaveDialog>
  )
}

export function Units() {
  const pages = usePages('units', async () => ({
    rows: (await directory.listUnits({ includeInactive: true })).units ?? [],
  }))
  const [open, setOpen] = useState<UnitJson | null>(null)
  return (
    <>
      <div class="row spread">
        <h2>{t.units}</h2>
        <Button onClick={() => setOpen({ kind: 'UNIT_KIND_SECTION', active: true })}>{t.add}</Button>
      </div>
      <PageList pages={pages}>
        {(units) =>
          units.length === 0 ? (
            <Empty title={t.emptyPersons}>
              <p>{t.emptyPersonsHint}</p>
            </Empty>
          ) : (
            <ul class="tree">
              {asTree(units).map(({ unit, depth }) => (
                <li key={unit.id} class={`depth-${Math.min(depth, 3)}`}>
                  <button type="button" onClick={() => setOpen(unit)}>
                    <span>{unit.name}</span>
                    <span class="quiet small num">
                      {unit.code}
                      {unit.phone && ` · ${unit.phone}`}
                      {!unit.active && ` · ${t.inactive}`}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </PageList>
      {open && (
        <UnitForm
          unit={open}
          units={pages.rows ?? []}
          onClose={(saved) => {
            setOpen(null)
            if (saved) void pages.reload()
          }}
        />
      )}
    </>
  )
}

const LEVELS = ['0', '1', '2'] as const

function SystemForm({ system, onClose }: { system: SystemJson; onClose: (saved: boolean) => void }) {
  const sections = new Map(sectionChoices.value.map((one) => [one.id, one.name]))
  const zones = zoneName.all
  return (
    <SaveDialog
      title={system.id ? t.edit : t.add}
      initial={{ ...system, sectionId: system.section?.id ?? '' }}
      valid={(form) => !!form.code?.trim() && !!form.name?.trim()}
      save={({ section: _, ...form }) => directory.saveSystem(form)}
      onClose={onClose}
    >
      {(form, change) => (
        <>
          <TextField
            label={t.unitCode}
            required
            maxLength={30}
            value={form.code ?? ''}
            onInput={(code) => change({ code })}
          />
          <TextField
            label={t.name}
            required
            maxLength={100}
            value={form.name ?? ''}
            onInput={(name) => change({ name })}
          />
          <Select
            label={t.section}
            value={form.sectionId}
            options={['', ...sections.keys()]}
            name={(id) => sections.get(id) ?? common.unknown}
            onChange={(sectionId) => change({ sectionId })}
          />
          <Select
            label={t.zone}
            value={String(form.zone ?? 0)}
            options={zones.map((_, i) => String(i))}
            name={(i) => zoneName(zones[Number(i)])}
            onChange={(zone) => change({ zone: Number(zone) })}
          />
          <Select
            label={t.availability}
            value={String(form.availabilityLevel ?? 0)}
            options={LEVELS}
            name={(level) => (level === '0' ? common.unknown : level)}
            onChange={(level) => change({ availabilityLevel: Number(level) })}
          />
          <Check label={t.active} on={form.active} onChange={(active) => change({ active })} />
        </>
      )}
    </SaveDialog>
  )
}

export function Systems() {
  cityNeeded()
  const pages = usePages('systems', async () => ({ rows: (await directory.listSystems({})).systems ?? [] }))
  const [open, setOpen] = useState<SystemJson | null>(null)
  const columns: Column<SystemJson>[] = [
    { head: t.unitCode, num: true, cell: (one) => one.code },
    {
      head: t.name,
      cell: (one) => (
        <Button look="plain" onClick={() => setOpen(one)}>
          {one.name}
        </Button>
      ),
    },
    { head: t.section, cell: (one) => one.section?.name },
    { head: t.zone, cell: (one) => zoneName(zoneName.all[one.zone ?? 0]) },
    { head: t.availability, num: true, cell: (one) => one.availabilityLevel || common.unknown },
    { head: t.active, cell: (one) => (one.active ? t.active : t.inactive) },
  ]
  return (
    <>
      <div class="row spread">
        <h2>{t.systems}</h2>
        <Button onClick={() => setOpen({ active: true })}>{t.add}</Button>
      </div>
      <PageList pages={pages}>
        {(rows) => <Table caption={t.systems} columns={columns} rows={rows} rowKey={(one) => one.id ?? ''} />}
      </PageList>
      {open && (
        <SystemForm
          system={open}
          onClose={(saved) => {
            setOpen(null)
            if (saved) void pages.reload()
          }}
        />
      )}
    </>
  )
}

// SPDX-License-Identifier: Apache-2.0
// People: who they are, which posts they hold and will hold, how to reach them.
import { useEffect, useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { roleName } from '../base/labels'
import { directory } from '../base/services'
import type {
  ContactPointJson,
  GetPersonResponseJson,
  PersonJson,
  PostJson,
  TenureKindJson,
} from '../gen/sokuo/v1/directory_pb'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { ErrorNote, toastError } from '../ui/toast'
import { contactKindName, personKindName, tenureKindName } from './labels'
import { Check, PageList, SaveDialog, usePages } from './parts'
import { today } from './posts'
import { t } from './texts'

function PersonForm({ person, onClose }: { person: PersonJson; onClose: (saved: boolean) => void }) {
  return (
    <SaveDialog
      title={person.id ? t.edit : t.add}
      initial={{
        id: person.id,
        code: person.code ?? '',
        name: person.name ?? '',
        kana: person.kana ?? '',
        kind: person.kind ?? 'PERSON_KIND_STAFF',
        active: person.active ?? true,
      }}
      valid={(form) => !!form.code.trim() && !!form.name.trim()}
      save={(form) => directory.savePerson(form)}
      onClose={onClose}
    >
      {(form, change) => (
        <>
          <TextField label={t.code} required maxLength={30} value={form.code} onInput={(code) => change({ code })} />
          <TextField label={t.name} required maxLength={100} value={form.name} onInput={(name) => change({ name })} />
          <TextField label={t.kana} maxLength={100} value={form.kana} onInput={(kana) => change({ kana })} />
          <Select
            label={t.kind}
            value={form.kind}
            options={personKindName.keys}
            name={personKindName}
            onChange={(kind) => change({ kind })}
          />
          <Check label={t.active} on={form.active} onChange={(active) => change({ active })} />
        </>
      )}
    </SaveDialog>
  )
}

function TenureForm({ personId, onClose }: { personId: string; onClose: (saved: boolean) => void }) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<PostJson[]>([])
  useEffect(() => {
    const timer = setTimeout(() => {
      directory.listPosts({ query, pageSize: 30 }).then((answer) => setFound(answer.posts ?? []), toastError)
    }, 200)
    return () => clearTimeout(timer)
  }, [query])
  const names = new Map(found.map((post) => [post.id ?? '', `${post.name} (${post.unit?.name ?? ''})`]))
  return (
    <SaveDialog
      title={t.addTenure}
      initial={{
        personId,
        postId: '',
        kind: 'TENURE_KIND_REGULAR' as TenureKindJson,
        validFrom: today(),
        validUntil: '',
      }}
      valid={(form) => !!form.postId}
      save={(form) => directory.saveTenure(form)}
      onClose={onClose}
    >
      {(form, change) => (
        <>
          <TextField label={t.post} type="search" value={query} onInput={setQuery} />
          <Select
            label={t.post}
            required
            value={form.postId}
            options={['', ...names.keys()]}
            name={(id) => names.get(id) ?? '—'}
            onChange={(postId) => change({ postId })}
          />
          <Select
            label={t.kind}
            value={form.kind}
            options={tenureKindName.keys}
            name={tenureKindName}
            onChange={(kind) => change({ kind })}
          />
          <TextField label={t.from} type="date" value={form.validFrom} onInput={(validFrom) => change({ validFrom })} />
          <TextField
            label={t.until}
            type="date"
            value={form.validUntil}
            onInput={(validUntil) => change({ validUntil })}
          />
        </>
      )}
    </SaveDialog>
  )
}

function ContactForm(props: { personId: string; contact: ContactPointJson; onClose: (saved: boolean) => void }) {
  const { contact } = props
  return (
    <SaveDialog
      title={contact.id ? t.edit : t.addContact}
      initial={{
        id: contact.id,
        personId: props.personId,
        kind: contact.kind ?? 'CONTACT_KIND_MOBILE',
        address: contact.address ?? '',
        priority: contact.priority ?? 1,
        private: contact.private ?? false,
      }}
      valid={(form) => !!form.address.trim()}
      save={(form) => directory.saveContactPoint(form)}
      onClose={props.onClose}
    >
      {(form, change) => (
        <>
          <Select
            label={t.kind}
            value={form.kind}
            options={contactKindName.keys}
            name={contactKindName}
            onChange={(kind) => change({ kind })}
          />
          <TextField
            label={t.address}
            required
            maxLength={200}
            value={form.address}
            onInput={(address) => change({ address })}
          />
          <TextField
            label={t.priority}
            type="number"
            inputMode="numeric"
            value={String(form.priority)}
            onInput={(text) => change({ priority: Number(text) || 1 })}
          />
          <Check label={t.private} on={form.private} onChange={(on) => change({ private: on })} />
        </>
      )}
    </SaveDialog>
  )
}

type Form = 'person' | 'tenure' | ContactPointJson | null

function PersonDetail({ id, onClose, onChanged }: { id: string; onClose: () => void; onChanged: () => void }) {
  const [whole, setWhole] = useState<GetPersonResponseJson | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [form, setForm] = useState<Form>(null)
  const load = () => directory.getPerson({ id }).then(setWhole, setError)
  useEffect(() => void load(), [id])
  const done = (saved: boolean) => {
    setForm(null)
    if (!saved) return
    void load()
    onChanged()
  }
  if (form === 'person') return <PersonForm person={whole?.person ?? {}} onClose={done} />
  if (form === 'tenure') return <TenureForm personId={id} onClose={done} />
  if (form) return <ContactForm personId={id} contact={form} onClose={done} />
  return (
    <Dialog title={whole?.person?.name ?? ''} wide onClose={onClose}>
      <ErrorNote error={error} onRetry={() => void load()} />
      {!whole && !error && <Loading />}
      {whole && (
        <>
          <p>
            {whole.person?.kana} · {personKindName(whole.person?.kind)} · <span class="num">{whole.person?.code}</span>
            {!whole.person?.active && ` · ${t.left}`}
          </p>
          {(whole.roles ?? []).length > 0 && <p>{whole.roles?.map((role) => roleName(role)).join('、')}</p>}
          <h3>{t.tenures}</h3>
          <ul>
            {whole.tenures?.map((one) => (
              <li key={one.id}>
                <span class="num">
                  {one.validFrom} – {one.validUntil || t.openEnd}
                </span>{' '}
                {one.post?.name} ({tenureKindName(one.kind)})
              </li>
            ))}
          </ul>
          <h3>{t.contacts}</h3>
          <ul>
            {whole.contactPoints?.map((one) => (
              <li key={one.id}>
                <Button look="plain" onClick={() => setForm(one)}>
                  {contactKindName(one.kind)} <span class="num">{one.address || t.hiddenAddress}</span>
                </Button>
                <span class="quiet small">
                  {one.private && `${t.private} · `}
                  {one.confirmedAt ? `${t.confirmed} ${jstShort(one.confirmedAt)}` : t.neverConfirmed}
                </span>
              </li>
            ))}
          </ul>
          <div class="acts">
            <Button onClick={() => setForm({})}>{t.addContact}</Button>
            <Button onClick={() => setForm('tenure')}>{t.addTenure}</Button>
            <Button onClick={() => setForm('person')}>{t.edit}</Button>
          </div>
        </>
      )}
    </Dialog>
  )
}

export function Persons() {
  const [query, setQuery] = useState('')
  const [open, setOpen] = useState<PersonJson | null>(null)
  const pages = usePages(query, async (pageToken) => {
    const answer = await directory.listPersons({ pageSize: 100, pageToken, query })
    return { rows: answer.persons ?? [], next: answer.nextPageToken }
  })
  const columns: Column<PersonJson>[] = [
    { head: t.code, num: true, cell: (one) => one.code },
    {
      head: t.name,
      cell: (one) => (
        <Button look="plain" onClick={() => setOpen(one)}>
          {one.name}
        </Button>
      ),
    },
    { head: t.kana, cell: (one) => one.kana },
    { head: t.post, cell: (one) => one.post?.name ?? <span class="quiet">{t.noPost}</span> },
    { head: t.unit, cell: (one) => one.section?.name },
    { head: t.kind, cell: (one) => personKindName(one.kind) + (one.active ? '' : ` (${t.left})`) },
  ]
  return (
    <>
      <div class="row spread">
        <h2>{t.persons}</h2>
        <Button onClick={() => setOpen({ active: true })}>{t.add}</Button>
      </div>
      <TextField label={t.query} type="search" value={query} onInput={setQuery} />
      <PageList pages={pages}>
        {(rows) => (
          <Table
            caption={t.persons}
            columns={columns}
            rows={rows}
            rowKey={(one) => one.id ?? ''}
            empty={
              <Empty title={t.emptyPersons}>
                <p>{t.emptyPersonsHint}</p>
              </Empty>
            }
          />
        )}
      </PageList>
      {open?.id && <PersonDetail id={open.id} onClose={() => setOpen(null)} onChanged={() => void pages.reload()} />}
      {open && !open.id && (
        <PersonForm
          person={open}
          onClose={(saved) => {
            setOpen(null)
            if (saved) void pages.reload()
          }}
        />
      )}
    </>
  )
}

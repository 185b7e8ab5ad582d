// SPDX-License-Identifier: Apache-2.0
// Posts with who holds them on a day, and their duties.
import { useState } from 'preact/hooks'
import { cityNeeded, units } from '../base/city'
import { serverNow, toInput } from '../base/clock'
import { roleName } from '../base/labels'
import { directory } from '../base/services'
import type { PostJson } from '../gen/sokuo/v1/directory_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { type Column, Table } from '../ui/parts'
import { toastError } from '../ui/toast'
import { RANKS, rankName, tenureKindName } from './labels'
import { Check, PageList, SaveDialog, usePages } from './parts'
import { t } from './texts'

export function today(): string {
  return toInput(serverNow()).slice(0, 10)
}

function unitNames(): Map<string, string> {
  return new Map(units.value.filter((unit) => unit.active).map((unit) => [unit.id ?? '', unit.name ?? '']))
}

function PostForm({ post, onClose }: { post: PostJson; onClose: (saved: boolean) => void }) {
  const names = unitNames()
  return (
    <SaveDialog
      title={post.id ? t.edit : t.add}
      initial={{
        id: post.id,
        code: post.code ?? '',
        name: post.name ?? '',
        unitId: post.unit?.id ?? '',
        rank: post.rank ?? 5,
        active: post.active ?? true,
      }}
      valid={(form) => !!form.code.trim() && !!form.name.trim() && !!form.unitId}
      save={(form) => directory.savePost(form)}
      onClose={onClose}
    >
      {(form, change) => (
        <>
          <TextField
            label={t.unitCode}
            required
            maxLength={30}
            value={form.code}
            onInput={(code) => change({ code })}
          />
          <TextField label={t.name} required maxLength={100} value={form.name} onInput={(name) => change({ name })} />
          <Select
            label={t.unit}
            required
            value={form.unitId}
            options={['', ...names.keys()]}
            name={(id) => names.get(id) ?? '—'}
            onChange={(unitId) => change({ unitId })}
          />
          <Select
            label={t.rank}
            value={String(form.rank)}
            options={RANKS}
            name={rankName}
            onChange={(rank) => change({ rank: Number(rank) })}
          />
          <Check label={t.active} on={form.active} onChange={(active) => change({ active })} />
        </>
      )}
    </SaveDialog>
  )
}

function RoleForm({ post, onClose }: { post: PostJson; onClose: (saved: boolean) => void }) {
  const names = unitNames()
  return (
    <SaveDialog
      title={`${t.addRole}: ${post.name}`}
      initial={{ postId: post.id ?? '', role: 'ROLE_ISM' as RoleJson, scopeId: '', validFrom: today() }}
      save={(form) => directory.saveRoleAssignment(form)}
      onClose={onClose}
    >
      {(form, change) => (
        <>
          <Select
            label={t.roles}
            value={form.role}
            options={roleName.keys}
            name={roleName}
            onChange={(role) => change({ role })}
          />
          <Select
            label={t.scope}
            value={form.scopeId}
            options={['', ...names.keys()]}
            name={(id) => names.get(id) ?? t.wholeCity}
            onChange={(scopeId) => change({ scopeId })}
          />
          <TextField label={t.from} type="date" value={form.validFrom} onInput={(validFrom) => change({ validFrom })} />
        </>
      )}
    </SaveDialog>
  )
}

function PostDetail({ post, onClose, onChanged }: { post: PostJson; onClose: () => void; onChanged: () => void }) {
  const [form, setForm] = useState<'post' | 'role' | null>(null)
  const done = (saved: boolean) => {
    setForm(null)
    if (saved) onChanged()
  }
  const endRole = (id: string | undefined, role: RoleJson | undefined, from: string | undefined) =>
    directory
      .saveRoleAssignment({ id, postId: post.id, role, validFrom: from, validUntil: today() })
      .then(onChanged, toastError)
  if (form === 'post') return <PostForm post={post} onClose={done} />
  if (form === 'role') return <RoleForm post={post} onClose={done} />
  return (
    <Dialog title={post.name} wide onClose={onClose}>
      <p>
        {post.unit?.name} · {rankName(String(post.rank ?? ''))} · <span class="num">{post.code}</span>
      </p>
      <h3>{t.holders}</h3>
      <ul>
        {(post.holders ?? []).length === 0 && <li class="late">{t.vacant}</li>}
        {post.holders?.map((one) => (
          <li key={one.id}>
            {one.person?.name} ({tenureKindName(one.kind)}) <span class="num">{one.validFrom}</span> –{' '}
            <span class="num">{one.validUntil || t.openEnd}</span>
          </li>
        ))}
      </ul>
      <h3>{t.roles}</h3>
      <ul>
        {post.roles?.map((one) => (
          <li key={one.id} class="row spread">
            <span>
              {roleName(one.role)} · {one.scope?.name ?? t.wholeCity}
            </span>
            <Button look="plain" onClick={() => void endRole(one.id, one.role, one.validFrom)}>
              {t.endRole}
            </Button>
          </li>
        ))}
      </ul>
      <div class="acts">
        <Button onClick={() => setForm('role')}>{t.addRole}</Button>
        <Button onClick={() => setForm('post')}>{t.edit}</Button>
      </div>
    </Dialog>
  )
}

export function Posts() {
  cityNeeded()
  const [query, setQuery] = useState('')
  const [asOf, setAsOf] = useState('')
  const [vacantOnly, setVacantOnly] = useState(false)
  const [open, setOpen] = useState<PostJson | null>(null)
  const pages = usePages(`${query}/${asOf}/${vacantOnly}`, async (pageToken) => {
    const answer = await directory.listPosts({ pageSize: 100, pageToken, query, asOf, vacantOnly })
    return { rows: answer.posts ?? [], next: answer.nextPageToken }
  })
  const columns: Column<PostJson>[] = [
    {
      head: t.post,
      cell: (one) => (
        <Button look="plain" onClick={() => setOpen(one)}>
          {one.name}
        </Button>
      ),
    },
    { head: t.unit, cell: (one) => one.unit?.name },
    {
      head: t.holders,
      cell: (one) =>
        one.holders?.length ? (
          one.holders.map((h) => h.person?.name).join('、')
        ) : (
          <strong class="late">⚠ {t.vacant}</strong>
        ),
    },
    { head: t.roles, cell: (one) => one.roles?.map((role) => roleName(role.role)).join('、') },
    { head: t.unitCode, num: true, cell: (one) => one.code },
  ]
  return (
    <>
      <div class="row spread">
        <h2>{t.posts}</h2>
        <Button onClick={() => setOpen({ active: true })}>{t.add}</Button>
      </div>
      <div class="search-row">
        <TextField label={t.name} type="search" value={query} onInput={setQuery} />
        <TextField label={t.asOf} type="date" value={asOf} onInput={setAsOf} />
        <Check label={t.vacantOnly} on={vacantOnly} onChange={setVacantOnly} />
      </div>
      <PageList pages={pages}>
        {(rows) => <Table caption={t.posts} columns={columns} rows={rows} rowKey={(one) => one.id ?? ''} />}
      </PageList>
      {open?.id && (
        <PostDetail
          post={open}
          onClose={() => setOpen(null)}
          onChanged={() => {
            setOpen(null)
            void pages.reload()
          }}
        />
      )}
      {open && !open.id && (
        <PostForm
          post={open}
          onClose={(saved) => {
            setOpen(null)
            if (saved) void pages.reload()
          }}
        />
      )}
    </>
  )
}

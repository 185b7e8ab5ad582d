// SPDX-License-Identifier: Apache-2.0
// Accounts: who may log in. A first password is shown once.
import { useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { auth } from '../base/services'
import type { AccountJson } from '../gen/sokuo/v1/auth_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { type Column, Table } from '../ui/parts'
import { PersonPick } from '../ui/picks'
import { toastError } from '../ui/toast'
import { Check, PageList, Secret, usePages } from './parts'
import { t } from './texts'

type Shown = { login: string; password: string } | null

function Create({ onClose, onMade }: { onClose: () => void; onMade: (shown: Shown) => void }) {
  const [person, setPerson] = useState<{ id?: string; name?: string } | null>(null)
  const [login, setLogin] = useState('')
  const [error, setError] = useState<unknown>(null)
  const save = () =>
    auth.createAccount({ personId: person?.id, login }).then((answer) => {
      onMade({ login, password: answer.password ?? '' })
    }, setError)
  return (
    <FormDialog
      title={t.add}
      submit={t.add}
      error={error}
      disabled={!person?.id || !login.trim()}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <PersonPick label={t.person} value={person} onChange={setPerson} />
      <TextField
        label={t.login}
        hint={t.loginHint}
        required
        maxLength={100}
        value={login}
        onInput={(text) => setLogin(text.toLowerCase())}
      />
    </FormDialog>
  )
}

function Reset({
  account,
  onClose,
  onMade,
}: {
  account: AccountJson
  onClose: () => void
  onMade: (shown: Shown) => void
}) {
  const [removeTotp, setRemoveTotp] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = () =>
    auth.resetAccount({ id: account.id, removeTotp }).then((answer) => {
      onMade({ login: account.login ?? '', password: answer.password ?? '' })
    }, setError)
  return (
    <FormDialog
      title={`${t.reset}: ${account.login}`}
      submit={t.reset}
      danger
      error={error}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      {account.totpEnrolled && <Check label={t.removeTotp} on={removeTotp} onChange={setRemoveTotp} />}
    </FormDialog>
  )
}

export function Accounts() {
  const [query, setQuery] = useState('')
  const [dialog, setDialog] = useState<'create' | AccountJson | null>(null)
  const [shown, setShown] = useState<Shown>(null)
  const pages = usePages(query, async (pageToken) => {
    const answer = await auth.listAccounts({ pageSize: 100, pageToken, query })
    return { rows: answer.accounts ?? [], next: answer.nextPageToken }
  })
  const made = (secret: Shown) => {
    setDialog(null)
    setShown(secret)
    void pages.reload()
  }
  const enable = (account: AccountJson) =>
    auth.setAccountEnabled({ id: account.id, enabled: !account.enabled }).then(() => pages.reload(), toastError)
  const columns: Column<AccountJson>[] = [
    { head: t.login, cell: (one) => one.login },
    { head: t.person, cell: (one) => one.person?.name },
    { head: t.post, cell: (one) => one.post?.name ?? <span class="quiet">{t.noPost}</span> },
    { head: t.totp, cell: (one) => (one.totpEnrolled ? t.totpOn : <strong class="late">⚠ {t.totpOff}</strong>) },
    { head: t.lastLogin, num: true, cell: (one) => (one.lastLoginAt ? jstShort(one.lastLoginAt) : t.never) },
    {
      head: t.enabled,
      cell: (one) => (
        <div class="row">
          <span>{one.enabled ? t.enabled : t.disabled}</span>
          <Button look="plain" onClick={() => void enable(one)}>
            {one.enabled ? t.disable : t.enable}
          </Button>
          <Button look="plain" onClick={() => setDialog(one)}>
            {t.reset}
          </Button>
        </div>
      ),
    },
  ]
  return (
    <>
      <div class="row spread">
        <h2>{t.accounts}</h2>
        <Button onClick={() => setDialog('create')}>{t.add}</Button>
      </div>
      <TextField label={t.query} type="search" value={query} onInput={setQuery} />
      <PageList pages={pages}>
        {(rows) => <Table caption={t.accounts} columns={columns} rows={rows} rowKey={(one) => one.id ?? ''} />}
      </PageList>
      {dialog === 'create' && <Create onClose={() => setDialog(null)} onMade={made} />}
      {dialog && dialog !== 'create' && <Reset account={dialog} onClose={() => setDialog(null)} onMade={made} />}
      {shown && (
        <Secret
          title={t.firstPassword}
          values={[
            [t.login, shown.login],
            [t.firstPassword, shown.password],
          ]}
          onClose={() => setShown(null)}
        />
      )}
    </>
  )
}

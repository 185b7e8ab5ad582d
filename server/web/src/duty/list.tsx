// SPDX-License-Identifier: Apache-2.0
// Duties with their chains as they would be called now; setting the order of deputies.
import { useEffect, useState } from 'preact/hooks'
import { hasRole } from '../base/session'
import type { DutyJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { Chain } from './chain'
import { duties } from './services'
import { Succession } from './succession'
import { t } from './texts'
import { byNeed, fits } from './words'

const SHOWN = 40

export function useLoad<T>(load: () => Promise<T>, key = '') {
  const [value, setValue] = useState<T | null>(null)
  const [error, setError] = useState<unknown>()
  const again = () => {
    setError(undefined)
    return load().then(setValue, setError)
  }
  useEffect(() => void again(), [key])
  return { value, error, again }
}

export function DutyList() {
  const [query, setQuery] = useState('')
  const [editing, edit] = useState<DutyJson | null>(null)
  const { value, error, again } = useLoad(() => duties.listDuties({}))
  const may = hasRole('ROLE_ADMIN', 'ROLE_SISO', 'ROLE_CISO', 'ROLE_VCISO')
  const found = (value?.duties ?? []).filter((duty) => fits(duty, query)).sort(byNeed)
  const close = (saved: boolean) => {
    edit(null)
    if (saved) void again()
  }
  return (
    <div class="stack">
      <TextField label={t.search} type="search" value={query} onInput={setQuery} />
      <ErrorNote error={error} onRetry={() => void again()} />
      {!value && !error && <Loading />}
      {value && found.length === 0 && <Empty title={t.dutiesNone} />}
      <div class="duty-grid">
        {found.slice(0, SHOWN).map((duty) => (
          <Chain key={`${duty.role}/${duty.scope?.id}`} duty={duty}>
            {may && (
              <div>
                <Button onClick={() => edit(duty)}>{t.edit}</Button>
              </div>
            )}
          </Chain>
        ))}
      </div>
      {found.length > SHOWN && <p class="quiet small num">+{found.length - SHOWN}</p>}
      {editing && <Succession duty={editing} onClose={close} />}
    </div>
  )
}

// SPDX-License-Identifier: Apache-2.0
// Choosing among many: sections and systems by typing part of the name, people by asking the server.
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Choice } from '../base/city'
import { fold } from '../base/fold'
import { directory } from '../base/services'
import { t } from '../base/texts'
import type { PersonJson } from '../gen/sokuo/v1/directory_pb'
import { Field } from './field'

const SHOWN = 8

interface PicksProps {
  label: string
  hint?: string
  choices: readonly Choice[]
  value: readonly string[]
  onChange: (value: string[]) => void
}

// Several of a long list: those chosen, a field to type part of a name in, and what fits.
export function Picks({ label, hint, choices, value, onChange }: PicksProps) {
  const [query, setQuery] = useState('')
  const wanted = fold(query)
  const chosen = value.map((id) => choices.find((one) => one.id === id) ?? { id, name: id })
  const rest = choices.filter((one) => !value.includes(one.id))
  const fitting = rest.filter((one) => fold(one.name + (one.more ?? '')).includes(wanted))
  const add = (id: string) => {
    onChange([...value, id])
    setQuery('')
  }
  return (
    <div class="picks">
      <Field label={label} hint={hint}>
        {(tie) => (
          <input
            {...tie}
            class="input"
            type="search"
            value={query}
            autocomplete="off"
            placeholder={t.partOfName}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              event.preventDefault()
              if (wanted && fitting[0]) add(fitting[0].id)
            }}
          />
        )}
      </Field>
      <fieldset class="chips" aria-label={label}>
        {chosen.map((one) => (
          <button
            key={one.id}
            type="button"
            class="chip"
            aria-pressed={true}
            onClick={() => onChange(value.filter((id) => id !== one.id))}
          >
            {one.name}
          </button>
        ))}
        {wanted &&
          fitting.slice(0, SHOWN).map((one) => (
            <button key={one.id} type="button" class="chip" aria-pressed={false} onClick={() => add(one.id)}>
              {one.name}
              {one.more && <span class="quiet small"> {one.more}</span>}
            </button>
          ))}
      </fieldset>
      {wanted && fitting.length === 0 && <p class="quiet small">{t.nothingFits}</p>}
    </div>
  )
}

interface PersonPickProps {
  label: string
  hint?: string
  value: { id?: string; name?: string } | null
  onChange: (person: PersonJson | null) => void
}

// One person, by part of name, kana, number or post.
export function PersonPick({ label, hint, value, onChange }: PersonPickProps) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<PersonJson[]>([])
  const listId = useId()
  const latest = useRef('')
  useEffect(() => {
    latest.current = query
    if (query.trim() === '') return setFound([])
    const timer = setTimeout(() => {
      directory.listPersons({ query, pageSize: SHOWN }).then(
        (answer) => latest.current === query && setFound(answer.persons ?? []),
        () => setFound([]),
      )
    }, 200)
    return () => clearTimeout(timer)
  }, [query])
  const choose = (person: PersonJson) => {
    onChange(person)
    setQuery('')
  }
  return (
    <div class="picks">
      <Field label={label} hint={hint}>
        {(tie) => (
          <input
            {...tie}
            class="input"
            type="search"
            value={query}
            autocomplete="off"
            placeholder={t.partOfPerson}
            aria-controls={listId}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.ctrlKey) return
              event.preventDefault()
              if (found[0]) choose(found[0])
            }}
          />
        )}
      </Field>
      <fieldset class="chips" aria-label={label} id={listId}>
        {value?.id && (
          <button type="button" class="chip" aria-pressed={true} onClick={() => onChange(null)}>
            {value.name}
          </button>
        )}
        {found.map((person) => (
          <button key={person.id} type="button" class="chip" aria-pressed={false} onClick={() => choose(person)}>
            {person.name} <span class="quiet small">{person.post?.name}</span>
          </button>
        ))}
      </fieldset>
    </div>
  )
}

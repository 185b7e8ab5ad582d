// SPDX-License-Identifier: Apache-2.0
// In which language messages are written to me.
import { useState } from 'preact/hooks'
import { uuid } from '../base/uuid'
import type { MessageLanguageJson } from '../gen/sokuo/v1/contact_pb'
import { Select } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { contacts } from './services'
import { t } from './texts'
import { languageName } from './words'

const LANGUAGES: MessageLanguageJson[] = ['MESSAGE_LANGUAGE_JA', 'MESSAGE_LANGUAGE_EN']

export function Language({ now }: { now: MessageLanguageJson }) {
  const [language, setLanguage] = useState(now)
  const [error, setError] = useState<unknown>()
  const choose = async (wanted: MessageLanguageJson) => {
    setError(undefined)
    try {
      const answer = await contacts.setLanguage({ operationId: uuid(), language: wanted })
      setLanguage(answer.language ?? wanted)
      toast(t.languageSet)
    } catch (e) {
      setError(e)
    }
  }
  return (
    <>
      <Select
        label={t.language}
        value={language}
        options={LANGUAGES}
        name={languageName}
        onChange={(v) => void choose(v)}
      />
      <ErrorNote error={error} />
    </>
  )
}

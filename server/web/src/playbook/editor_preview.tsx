// SPDX-License-Identifier: Apache-2.0
// The step as its manager will hold it, from what is typed this moment; both languages at a touch.
import { useState } from 'preact/hooks'
import { type Lang, lang } from '../base/settings'
import { Chips } from '../ui/field'
import { e } from './edit_texts'
import { phaseWord, roleWord } from './editor_fields'
import { spanText } from './words'
import { countAt, has, listAt, type Path, type Plan, textAt } from './yaml_edit'

const LANGS: readonly Lang[] = ['ja', 'en']

export function Preview({ plan, index }: { plan: Plan; index: number }) {
  const [shown, setShown] = useState<Lang>(lang.peek())
  const path = (...more: (string | number)[]): Path => ['steps', index, ...more]
  const words = (...at: (string | number)[]) =>
    textAt(plan, path(...at, shown)) || textAt(plan, path(...at, shown === 'ja' ? 'en' : 'ja'))
  const options = countAt(plan, path('decision', 'options'))
  const fallback = textAt(plan, path('decision', 'default'))
  const timeout = textAt(plan, path('decision', 'timeout'))
  const target = spanText(textAt(plan, path('target')))
  const call = listAt(plan, path('call'))
  return (
    <aside class="preview" aria-label={e.preview}>
      <div class="row spread">
        <h2>{e.preview}</h2>
        <Chips
          label={e.preview}
          single
          dense
          options={LANGS}
          name={(one) => (one === 'ja' ? e.japanese : e.english)}
          value={[shown]}
          onChange={([one]) => setShown(one ?? shown)}
        />
      </div>
      <div class="phone" lang={shown}>
        <p class="row spread small">
          <span>
            <strong class="num">{textAt(plan, path('no'))}</strong> {phaseWord(textAt(plan, path('phase')))}
          </span>
          <span class="num">
            T{target.startsWith('−') ? '' : '+'}
            {target}
          </span>
        </p>
        <p class="phone-what">{words('text')}</p>
        {words('detail') && <p class="pre-line">{words('detail')}</p>}
        {words('why') && (
          <p class="small quiet">
            {e.why}: {words('why')}
          </p>
        )}
        <p class="small quiet">{roleWord(textAt(plan, path('role')))}</p>
        {call.length > 0 && <p class="small">☎ {call.map(roleWord).join('・')}</p>}
        {has(plan, path('notice')) && (
          <p class="small">
            ! {e.noticeTo}: {words('notice', 'to')}
          </p>
        )}
        <div class="phone-acts">
          {Array.from({ length: options }, (_, i) => (
            <span key={i} class="button">
              {words('decision', 'options', i, 'text')}
              {textAt(plan, path('decision', 'options', i, 'id')) === fallback && timeout && (
                <span class="small quiet">{e.byDefault(spanText(timeout))}</span>
              )}
            </span>
          ))}
          {options === 0 && <span class="button primary">{e.done}</span>}
          <span class="two-small">
            <span class="button">{e.cannot}</span>
            <span class="button">{e.handOver}</span>
          </span>
        </div>
      </div>
    </aside>
  )
}

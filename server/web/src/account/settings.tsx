// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '@preact/signals'
import { useTitle } from '../base/bar'
import { waitingCount } from '../base/outbox'
import { logout, maySeeAdmin, maySeeDesk, me } from '../base/session'
import { lang, textSize, theme } from '../base/settings'
import { t as common } from '../base/texts'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { t } from './texts'

function Choice<V extends string>(props: {
  label: string
  options: readonly V[]
  name: (v: V) => string
  value: Signal<V>
}) {
  return (
    <div class="field">
      <div class="head">{props.label}</div>
      <Chips
        label={props.label}
        single
        options={props.options}
        name={props.name}
        value={[props.value.value]}
        onChange={([value]) => {
          props.value.value = value ?? props.value.peek()
        }}
      />
    </div>
  )
}

export default function Settings() {
  useTitle(t.settings)
  const who = me.value
  const themes = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }
  const sizes = { normal: t.sizeNormal, large: t.sizeLarge, largest: t.sizeLargest }
  return (
    <div class="page narrow stack">
      <h1>{t.settings}</h1>
      <section class="card stack">
        <h2>{t.loggedInAs}</h2>
        <p>
          {who?.person?.name} <span class="quiet small">{who?.post?.name}</span>
        </p>
        <ul class="list">
          <li>
            <a class="item" href="/account">
              {t.accountLink}
            </a>
          </li>
          <li>
            <a class="item" href="/contacts">
              {t.contactsLink}
            </a>
          </li>
          <li>
            <a class="item" href="/orders/alarm">
              {t.alarmLink}
            </a>
          </li>
          <li>
            <a class="item" href="/duties">
              {t.dutiesLink}
            </a>
          </li>
          {maySeeDesk.value && (
            <li>
              <a class="item" href="/desk">
                {common.desk}
              </a>
            </li>
          )}
          {maySeeAdmin.value && (
            <li>
              <a class="item" href="/admin">
                {common.admin}
              </a>
            </li>
          )}
        </ul>
        {waitingCount.value > 0 && <p class="note warn">{t.logoutWaiting(waitingCount.value)}</p>}
        <Button onClick={() => void logout()}>{t.logout}</Button>
      </section>
      <section class="stack">
        <h2>{t.thisDevice}</h2>
        <Choice
          label={t.language}
          options={['ja', 'en'] as const}
          name={(v) => (v === 'ja' ? '日本語' : 'English')}
          value={lang}
        />
        <Choice label={t.theme} options={['auto', 'light', 'dark'] as const} name={(v) => themes[v]} value={theme} />
        <Choice
          label={t.size}
          options={['normal', 'large', 'largest'] as const}
          name={(v) => sizes[v]}
          value={textSize}
        />
      </section>
      <p class="quiet small">
        {common.product} {t.version} {who?.serverVersion} · {who?.tenant?.name}
      </p>
    </div>
  )
}

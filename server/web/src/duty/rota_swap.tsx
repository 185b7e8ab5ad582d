// SPDX-License-Identifier: Apache-2.0
// 交代: somebody else takes a shift, or a part of it.
import { useAct } from '../base/act'
import { fromInput, serverNow, toInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { me } from '../base/session'
import type { RotaJson, RotaShiftJson } from '../gen/sokuo/v1/duty_pb'
import { FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { toast } from '../ui/toast'
import { useLoad } from './list'
import { t } from './rota_texts'
import { shiftTime, standing } from './rota_words'
import { duties } from './services'

// Those who may be put on duty in place of this rota's members.
export function useStanding(rota: RotaJson) {
  return useLoad(async () => {
    const found = await duties.listDuties({ role: rota.role, scopeId: rota.scope?.id })
    return standing(found.duties?.find((one) => one.scope?.id === rota.scope?.id))
  })
}

export function SwapDialog(props: { rota: RotaJson; shift: RotaShiftJson; onClose: (done: boolean) => void }) {
  const { rota, shift, onClose } = props
  const myId = me.value?.person?.id
  const people = useStanding(rota)
  const others = (people.value ?? []).filter((one) => one.id !== shift.person?.id)
  const now = serverNow()
  const begun = Date.parse(shift.from ?? '') < now.getTime()
  const draft = useDraft(`rota/${rota.id}/swap/${shift.from}`, {
    person: '',
    from: toInput(begun ? now : (shift.from ?? now)),
    until: toInput(shift.until ?? now),
    reason: '',
  })
  const form = draft.value.value
  // Whoever may take it themselves most often does.
  const chosen = form.person || (others.some((one) => one.id === myId) ? myId : '')
  const [from, until] = [fromInput(form.from), fromInput(form.until)]
  const inOrder = from !== undefined && until !== undefined && from < until
  const { busy, error, run } = useAct((operationId) =>
    duties.overrideRota({ operationId, rotaId: rota.id, personId: chosen, from, until, reason: form.reason.trim() }),
  )
  const send = async () => {
    if (!(await run())) return
    await draft.clear()
    toast(t.swapDone(others.find((one) => one.id === chosen)?.name ?? ''))
    onClose(true)
  }
  return (
    <FormDialog
      title={`${t.swapTitle}: ${rota.name}`}
      submit={t.swapDo}
      busy={busy}
      error={error ?? people.error}
      disabled={!chosen || !inOrder}
      onClose={() => onClose(false)}
      onSubmit={() => void send()}
    >
      <p>
        <strong>{shift.person?.name}</strong> <span class="num">{shiftTime(shift.from ?? '')}</span>{' '}
        <span class="num">– {shiftTime(shift.until ?? '')}</span>
      </p>
      <p class="small quiet">{t.swapHint}</p>
      {!people.value && !people.error && <Loading />}
      <div class="field">
        <div class="head">{t.taker}</div>
        <Chips
          label={t.taker}
          single
          options={others.map((one) => one.id ?? '')}
          name={(id) => (id === myId ? t.takeMyself : others.find((one) => one.id === id)?.name)}
          value={chosen ? [chosen] : []}
          onChange={([id]) => draft.set({ person: id ?? '' })}
        />
      </div>
      <div class="policy-fields">
        <TextField
          label={t.swapFrom}
          type="datetime-local"
          value={form.from}
          onInput={(value) => draft.set({ from: value })}
        />
        <TextField
          label={t.swapUntil}
          type="datetime-local"
          value={form.until}
          error={inOrder ? undefined : t.swapBadTime}
          onInput={(value) => draft.set({ until: value })}
        />
      </div>
      <TextField
        label={t.swapReason}
        value={form.reason}
        maxLength={200}
        onInput={(value) => draft.set({ reason: value })}
      />
    </FormDialog>
  )
}

// SPDX-License-Identifier: Apache-2.0
// 「できない」 with its reason; what was typed stays until it was taken.
import { useDraft } from '../base/drafts'
import { FormDialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { t } from './texts'

export function Refuse(props: { draft: string; send: (note: string) => Promise<boolean>; onClose: () => void }) {
  const draft = useDraft(props.draft, { text: '' })
  const { text } = draft.value.value
  const submit = async () => {
    if (await props.send(text.trim())) await draft.clear()
    props.onClose()
  }
  return (
    <FormDialog
      title={t.cannotTitle}
      submit={t.cannotDo}
      disabled={!text.trim()}
      onClose={props.onClose}
      onSubmit={() => void submit()}
    >
      <TextField
        label={t.cannotTitle}
        hint={t.cannotHint}
        value={text}
        rows={3}
        maxLength={500}
        required
        onInput={(value) => draft.set({ text: value })}
      />
    </FormDialog>
  )
}

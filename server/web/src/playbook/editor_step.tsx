// SPDX-License-Identifier: Apache-2.0
// The form of one step.
import { fanOutName } from '../base/labels'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { e } from './edit_texts'
import { type Edit, PHASES, phaseWord, ROLES, roleWord, YamlList, YamlText, YamlWord, YamlWords } from './editor_fields'
import { countAt, has, listAt, type Path, textAt } from './yaml_edit'

const EACH = ['once', 'section', 'every_section', 'system', 'department']
const eachWord = (word: string) => fanOutName(`FAN_OUT_${word.toUpperCase()}` as never)
const SEVERITIES = ['S0', 'S1', 'S2', 'S3', 'S4']

function Check(props: { label: string; on: boolean; onToggle: () => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.on} onChange={props.onToggle} />
      {props.label}
    </label>
  )
}

function Option({ edit, path, onRemove }: { edit: Edit; path: Path; onRemove: () => void }) {
  return (
    <fieldset class="option-form" aria-label={textAt(edit.plan, [...path, 'id'])}>
      <div class="paired">
        <YamlText edit={edit} path={[...path, 'id']} label={e.optionId} hint={e.optionIdHint} field="" />
        <YamlWord
          edit={edit}
          path={[...path, 'severity']}
          label={e.severity}
          field=""
          words={SEVERITIES}
          name={(word) => word}
          optional
        />
      </div>
      <YamlWords edit={edit} path={[...path, 'text']} label={e.optionText} field="" needed />
      <div class="paired">
        <YamlList edit={edit} path={[...path, 'adds']} label={e.adds} hint={e.addsHint} field="" />
        <YamlList edit={edit} path={[...path, 'closes']} label={e.closes} hint={e.closesHint} field="" />
      </div>
      <Button look="plain" onClick={onRemove}>
        {e.remove}
      </Button>
    </fieldset>
  )
}

function Decision({ edit, path }: { edit: Edit; path: Path }) {
  const options: Path = [...path, 'options']
  const count = countAt(edit.plan, options)
  const ids = Array.from({ length: count }, (_, i) => textAt(edit.plan, [...options, i, 'id'])).filter(Boolean)
  return (
    <div class="inner-form stack-small">
      <YamlWords edit={edit} path={[...path, 'question']} label={e.question} field="" />
      <h4>{e.options}</h4>
      {Array.from({ length: count }, (_, i) => (
        <Option key={i} edit={edit} path={[...options, i]} onRemove={() => edit.set([...options, i], undefined)} />
      ))}
      <Button
        onClick={() =>
          edit.set([...options, count], { id: `option${count + 1}`, text: { ja: '選択肢', en: 'Option' } })
        }
      >
        {e.addOption}
      </Button>
      <div class="paired">
        <YamlWord
          edit={edit}
          path={[...path, 'default']}
          label={e.default}
          field="decision"
          words={ids}
          name={(id) => id}
          optional
        />
        <YamlText edit={edit} path={[...path, 'timeout']} label={e.timeout} hint={e.timeoutHint} />
      </div>
    </div>
  )
}

const TWO_OPTIONS = {
  options: [
    { id: 'proceed', text: { ja: '進める', en: 'Proceed' } },
    { id: 'wait', text: { ja: '待つ', en: 'Wait' } },
  ],
  default: 'wait',
}

function After({ edit, path, numbers }: { edit: Edit; path: Path; numbers: readonly string[] }) {
  const value = listAt(edit.plan, path)
  const shown = [...numbers, ...value.filter((no) => !numbers.includes(no))]
  return (
    <div class="field">
      <p class="head">{e.after}</p>
      <Chips
        label={e.after}
        dense
        options={shown}
        name={(no) => no}
        value={value}
        onChange={(list) => edit.set(path, list.length ? shown.filter((no) => list.includes(no)) : undefined)}
      />
      {edit.fault('after') && <p class="error">{edit.fault('after')}</p>}
    </div>
  )
}

export function StepForm({ edit, index, numbers }: { edit: Edit; index: number; numbers: readonly string[] }) {
  const path = (...more: (string | number)[]): Path => ['steps', index, ...more]
  const own = textAt(edit.plan, path('no'))
  const decides = has(edit.plan, path('decision'))
  const notifies = has(edit.plan, path('notice'))
  return (
    <div class="step-form stack-small">
      <div class="four beside">
        <YamlText edit={edit} path={path('no')} label={e.no} hint={e.noHint} field="no" maxLength={5} />
        <YamlWord edit={edit} path={path('phase')} label={e.phase} field="phase" words={PHASES} name={phaseWord} />
        <YamlText
          edit={edit}
          path={path('target')}
          label={e.target}
          hint={e.targetHint}
          field="target"
          maxLength={10}
        />
        <YamlWord edit={edit} path={path('role')} label={e.role} field="role" words={ROLES} name={roleWord} />
      </div>
      <YamlWords edit={edit} path={path('text')} label={e.text} field="text" needed />
      <YamlWords edit={edit} path={path('detail')} label={e.detail} field="detail" rows={2} />
      <YamlWords edit={edit} path={path('why')} label={e.why} field="why" />
      <After edit={edit} path={path('after')} numbers={numbers.filter((no) => no !== own)} />
      <div class="paired">
        <YamlWord edit={edit} path={path('each')} label={e.each} field="each" words={EACH} name={eachWord} optional />
        <YamlText edit={edit} path={path('ratify')} label={e.ratify} hint={e.ratifyHint} />
      </div>
      <details>
        <summary>{e.call}</summary>
        <Chips
          label={e.call}
          dense
          options={ROLES}
          name={roleWord}
          value={listAt(edit.plan, path('call'))}
          onChange={(list) => edit.set(path('call'), list.length ? list : undefined)}
        />
        <YamlText edit={edit} path={path('merge')} label={e.merge} hint={e.mergeHint} />
      </details>
      <Check
        label={e.evidence}
        on={textAt(edit.plan, path('evidence')) === 'true'}
        onToggle={() => edit.set(path('evidence'), textAt(edit.plan, path('evidence')) === 'true' ? undefined : true)}
      />
      <Check
        label={e.notice}
        on={notifies}
        onToggle={() => edit.set(path('notice'), notifies ? undefined : { to: { ja: '県', en: 'Prefecture' } })}
      />
      {notifies && (
        <div class="inner-form stack-small">
          <YamlWords edit={edit} path={path('notice', 'to')} label={e.noticeTo} field="notice" needed />
          <YamlText edit={edit} path={path('notice', 'deadline')} label={e.deadline} hint={e.deadlineHint} />
        </div>
      )}
      <Check
        label={e.decision}
        on={decides}
        onToggle={() => edit.set(path('decision'), decides ? undefined : TWO_OPTIONS)}
      />
      {decides && <Decision edit={edit} path={path('decision')} />}
    </div>
  )
}

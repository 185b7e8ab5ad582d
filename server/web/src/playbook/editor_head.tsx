// SPDX-License-Identifier: Apache-2.0
// The form of a plan's head.
import { typeName } from '../base/labels'
import { Chips } from '../ui/field'
import { e } from './edit_texts'
import { type Edit, YamlLines, YamlList, YamlText, YamlWord, YamlWords } from './editor_fields'
import { listAt } from './yaml_edit'

const SEVERITIES = ['S0', 'S1', 'S2', 'S3', 'S4']
const TYPES = typeName.keys.map((type) => type.slice('INCIDENT_TYPE_'.length).toLowerCase())
const typeWord = (word: string) => typeName(`INCIDENT_TYPE_${word.toUpperCase()}` as never)
const same = (word: string) => word

export function HeadForm({ edit }: { edit: Edit }) {
  return (
    <div class="step-form stack-small">
      <YamlWords edit={edit} path={['title']} label={e.name} field="title" needed />
      <div class="four beside">
        <YamlText edit={edit} path={['code']} label={e.no} field="code" maxLength={20} />
        <YamlText edit={edit} path={['playbook']} label={e.word} hint={e.wordHint} field="playbook" maxLength={60} />
        <YamlText edit={edit} path={['version']} label={e.version} field="version" maxLength={20} />
        <YamlText edit={edit} path={['review_months']} label={e.reviewMonths} field="review_months" maxLength={2} />
      </div>
      <YamlWords edit={edit} path={['summary']} label={e.summary} field="summary" rows={2} needed />
      <div class="paired">
        <YamlWord
          edit={edit}
          path={['severity', 'from']}
          label={e.severityFrom}
          field="severity"
          words={SEVERITIES}
          name={same}
        />
        <YamlWord edit={edit} path={['severity', 'to']} label={e.severityTo} field="" words={SEVERITIES} name={same} />
      </div>
      <YamlLines edit={edit} path={['triggers']} label={e.triggers} field="triggers" />
      <YamlLines edit={edit} path={['closing']} label={e.closing} field="closing" />
      <YamlList edit={edit} path={['fragments']} label={e.fragments} field="fragments" />
      <details>
        <summary>{e.types}</summary>
        <Chips
          label={e.types}
          dense
          options={TYPES}
          name={typeWord}
          value={listAt(edit.plan, ['incident_types'])}
          onChange={(list) => edit.set(['incident_types'], list)}
        />
      </details>
    </div>
  )
}

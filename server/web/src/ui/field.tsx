// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { t } from '../base/texts'

interface FieldProps {
  label: ComponentChildren
  hint?: ComponentChildren
  error?: string
  required?: boolean
  // Offers 「不明」 beside the label; true = the answer is 「不明」.
  unknown?: boolean
  onUnknown?: (unknown: boolean) => void
  // Draws the control with what ties it to label, hint and error.
  children: (tie: {
    id: string
    'aria-describedby'?: string
    'aria-invalid'?: 'true'
    disabled?: boolean
  }) => ComponentChildren
}

// A question: label, 「不明」, hint, control, error.
export function Field(props: FieldProps) {
  const id = useId()
  const described = [props.hint && `${id}-hint`, props.error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div class="field">
      <div class="head">
        <label for={id}>
          {props.label}
          {props.required && <span class="mark">{t.must}</span>}
        </label>
        {props.onUnknown && (
          <UnknownToggle on={props.unknown ?? false} onChange={props.onUnknown} label={props.label} />
        )}
      </div>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': props.error ? 'true' : undefined,
        disabled: props.unknown || undefined,
      })}
      {props.error && (
        <p class="error" id={`${id}-error`}>
          {props.error}
        </p>
      )}
    </div>
  )
}

export function UnknownToggle(props: { on: boolean; onChange: (on: boolean) => void; label?: ComponentChildren }) {
  return (
    <button type="button" class="toggle" aria-pressed={props.on} onClick={() => props.onChange(!props.on)}>
      {props.label && <span class="hidden-text">{props.label}: </span>}
      {t.unknown}
    </button>
  )
}

interface TextProps extends Omit<FieldProps, 'children'> {
  value: string
  onInput: (value: string) => void
  rows?: number
  type?: 'text' | 'password' | 'tel' | 'number' | 'datetime-local' | 'date' | 'search'
  maxLength?: number
  autocomplete?: string
  inputMode?: 'numeric' | 'tel' | 'text'
  placeholder?: string
  list?: string
}

// A field of text, one line or (rows) several.
export function TextField({ value, onInput, rows, type = 'text', maxLength, list, ...rest }: TextProps) {
  return (
    <Field {...rest}>
      {(tie) => {
        const same = {
          ...tie,
          class: 'input',
          value,
          maxLength,
          required: rest.required,
          placeholder: rest.placeholder,
          onInput: (event: Event) => onInput((event.currentTarget as HTMLInputElement).value),
        }
        return rows ? (
          <textarea {...same} rows={rows} />
        ) : (
          <input
            {...same}
            type={type as 'text'}
            list={list}
            autocomplete={rest.autocomplete ?? 'off'}
            inputMode={rest.inputMode}
          />
        )
      }}
    </Field>
  )
}

interface SelectProps<V extends string> extends Omit<FieldProps, 'children'> {
  value: V
  onChange: (value: V) => void
  options: readonly V[]
  name: (value: V) => string
}

export function Select<V extends string>({ value, onChange, options, name, ...rest }: SelectProps<V>) {
  return (
    <Field {...rest}>
      {(tie) => (
        <select {...tie} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value as V)}>
          {options.map((option) => (
            <option key={option} value={option}>
              {name(option)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface ChipsProps<V extends string> {
  label: string
  options: readonly V[]
  name: (value: V) => ComponentChildren
  value: readonly V[]
  onChange: (value: V[]) => void
  // One at most; pressing it again takes it away.
  single?: boolean
  dense?: boolean
}

// Choices as buttons: several, or one.
export function Chips<V extends string>({ label, options, name, value, onChange, single, dense }: ChipsProps<V>) {
  const press = (option: V) => {
    const on = value.includes(option)
    if (single) onChange(on ? [] : [option])
    else onChange(on ? value.filter((other) => other !== option) : [...value, option])
  }
  return (
    <fieldset class={`chips ${dense ? 'dense' : ''}`} aria-label={label}>
      {options.map((option) => (
        <button
          key={option}
          type="button"
          class="chip"
          aria-pressed={value.includes(option)}
          onClick={() => press(option)}
        >
          {name(option)}
        </button>
      ))}
    </fieldset>
  )
}

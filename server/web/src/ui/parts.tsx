// SPDX-License-Identifier: Apache-2.0
// Small parts that lists and tables need.
import type { ComponentChildren } from 'preact'
import { t } from '../base/texts'

// Teaches: what will appear here, and the one act that fills it.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  )
}

export function Loading() {
  return (
    <p class="loading" role="status">
      {t.loading}
    </p>
  )
}

export interface Column<R> {
  head: ComponentChildren
  cell: (row: R) => ComponentChildren
  // Numbers and times keep together.
  num?: boolean
}

// A table of rows; an empty one says so. On a narrow screen each row becomes a card that names its values.
export function Table<R>(props: {
  caption: string
  columns: Column<R>[]
  rows: readonly R[]
  rowKey: (row: R) => string
  empty?: ComponentChildren
}) {
  if (props.rows.length === 0) return <>{props.empty ?? <Empty title={t.none} />}</>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen scrolls by keyboard
    <section class="table-wrap" aria-label={props.caption} tabIndex={0}>
      <table class="table">
        <caption class="hidden-text">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column, i) => (
              <th key={i} scope="col">
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {props.columns.map((column, i) => (
                <td
                  key={i}
                  class={column.num ? 'num' : undefined}
                  data-head={typeof column.head === 'string' ? column.head : undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

// SPDX-License-Identifier: Apache-2.0
// How far a duty may go: a shape and a word.
import type { ComponentChildren } from 'preact'
import type { AuthorityJson, AuthorityLevelJson } from '../gen/sokuo/v1/duty_pb'
import { Shape } from '../ui/badge'
import { t } from './authority_texts'
import { levelName } from './authority_words'

const ring = <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="1.8" />
const cross = <path d="M2.5 2.5l9 9M11.5 2.5l-9 9" fill="none" stroke="currentColor" stroke-width="1.6" />
const SHAPE: Record<AuthorityLevelJson, ComponentChildren> = {
  AUTHORITY_LEVEL_UNSPECIFIED: cross,
  AUTHORITY_LEVEL_NONE: cross,
  AUTHORITY_LEVEL_DRAFT: ring,
  AUTHORITY_LEVEL_APPROVAL: (
    <>
      {ring}
      <path d="M7 2a5 5 0 0 0 0 10z" fill="currentColor" />
    </>
  ),
  AUTHORITY_LEVEL_ALONE: <circle cx="7" cy="7" r="5.8" fill="currentColor" />,
}

export function Sign({ level = 'AUTHORITY_LEVEL_NONE' }: { level?: AuthorityLevelJson }) {
  return (
    <span class={`authority-sign ${SHAPE[level] === cross ? 'none' : ''}`}>
      <Shape>{SHAPE[level]}</Shape> {levelName(level)}
    </span>
  )
}

// Up to S2 and from S3 on, once when they are the same.
export function Signs({ cell }: { cell: AuthorityJson }) {
  if (cell.level === cell.levelS3) return <Sign level={cell.level} />
  return (
    <>
      <span>
        <span class="small">{t.low}</span> <Sign level={cell.level} />
      </span>{' '}
      <span>
        <span class="small">{t.high}</span> <Sign level={cell.levelS3} />
      </span>
    </>
  )
}

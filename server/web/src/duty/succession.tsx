// SPDX-License-Identifier: Apache-2.0
// The order of deputies of a duty, by up and down; fewer than three reachable only with a reason that is kept.
import { useEffect, useRef, useState } from 'preact/hooks'
import { serverNow, toInput } from '../base/clock'
import { CallError } from '../base/rpc'
import { directory } from '../base/services'
import { t as common } from '../base/texts'
import { uuid } from '../base/uuid'
import type { RefJson } from '../gen/sokuo/v1/common_pb'
import type { PostJson } from '../gen/sokuo/v1/directory_pb'
import type { DutyJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { toast } from '../ui/toast'
import { duties } from './services'
import { t } from './texts'
import { dutyName, moved } from './words'

function PostPick({ onChoose }: { onChoose: (post: RefJson) => void }) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<PostJson[]>([])
  const latest = useRef('')
  useEffect(() => {
    latest.current = query
    if (query.trim() === '') return setFound([])
    const timer = setTimeout(() => {
      directory.listPosts({ query, pageSize: 8 }).then(
        (answer) => latest.current === query && setFound(answer.posts ?? []),
        () => setFound([]),
      )
    }, 200)
    return () => clearTimeout(timer)
  }, [query])
  return (
    <div class="picks">
      <TextField label={t.addPost} type="search" placeholder={t.postPart} value={query} onInput={setQuery} />
      <div class="chips">
        {found.map((post) => (
          <button
            key={post.id}
            type="button"
            class="chip"
            onClick={() => {
              onChoose({ id: post.id, name: post.name })
              setQuery('')
            }}
          >
            {post.name} <span class="quiet small">{post.holders?.map((one) => one.person?.name).join('、')}</span>
          </button>
        ))}
      </div>
    </div>
  )
}

// The posts after the holder, each once.
function deputies(duty: DutyJson): RefJson[] {
  const posts = (duty.places ?? [])
    .filter((place) => (place.rank ?? 1) > 1 && place.post?.id)
    .map((place) => place.post!)
  return posts.filter((post, i) => posts.findIndex((one) => one.id === post.id) === i)
}

export function Succession({ duty, onClose }: { duty: DutyJson; onClose: (saved: boolean) => void }) {
  const [posts, setPosts] = useState<RefJson[]>(() => deputies(duty))
  const [from, setFrom] = useState(() => toInput(serverNow()).slice(0, 10))
  const [few, setFew] = useState(false)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const save = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await duties.setSuccession({
        operationId: uuid(),
        role: duty.role,
        scopeId: duty.scope?.id,
        postIds: posts.map((post) => post.id ?? ''),
        validFrom: from,
        overrideReason: few ? reason.trim() : '',
      })
      toast(t.saved)
      onClose(true)
    } catch (e) {
      if (e instanceof CallError && e.info.reason === 'TOO_FEW_REACHABLE') setFew(true)
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={`${t.edit}: ${dutyName(duty)}`}
      wide
      submit={few ? t.saveAnyway : t.save}
      danger={few}
      busy={busy}
      error={error}
      disabled={few && !reason.trim()}
      onClose={() => onClose(false)}
      onSubmit={() => void save()}
    >
      <p class="small">{t.editHint}</p>
      <ol class="list">
        {posts.map((post, i) => (
          <li key={post.id} class="row spread duty-edit">
            <span>
              <span class="num">{i + 1}.</span> {post.name}
            </span>
            <span class="row">
              <Button
                disabled={i === 0}
                aria-label={`${t.up}: ${post.name}`}
                onClick={() => setPosts(moved(posts, i, -1))}
              >
                ↑
              </Button>
              <Button
                disabled={i === posts.length - 1}
                aria-label={`${t.down}: ${post.name}`}
                onClick={() => setPosts(moved(posts, i, 1))}
              >
                ↓
              </Button>
              <Button
                aria-label={`${t.remove}: ${post.name}`}
                onClick={() => setPosts(posts.filter((one) => one.id !== post.id))}
              >
                {common.remove}
              </Button>
            </span>
          </li>
        ))}
      </ol>
      <PostPick onChoose={(post) => setPosts([...posts.filter((one) => one.id !== post.id), post])} />
      <TextField label={t.validFrom} type="date" value={from} onInput={setFrom} />
      {few && (
        <div class="note warn">
          <p>
            <strong>⚠ {t.fewTitle}</strong>
          </p>
          <TextField
            label={t.fewReason}
            hint={t.fewHint}
            value={reason}
            rows={2}
            maxLength={500}
            required
            onInput={setReason}
          />
        </div>
      )}
    </FormDialog>
  )
}

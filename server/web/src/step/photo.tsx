// SPDX-License-Identifier: Apache-2.0
// Taking a photo for a step, and how far each is on its way.
import { useState } from 'preact/hooks'
import type { MyStep } from '../base/merge'
import { outbox } from '../base/outbox'
import { MOST_BYTES, photoAdd, photoDrop, photoRetry, photos } from '../base/photos'
import { Shape } from '../ui/badge'
import { Button } from '../ui/button'
import { toast } from '../ui/toast'
import { t } from './texts'

const CAMERA = (
  <path
    d="M1.5 4h2.6l1-1.5h3.8l1 1.5h2.6v8h-11zM7 10a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4"
    fill="none"
    stroke="currentColor"
    stroke-width="1.4"
  />
)

// Opens the camera on a phone, the files on a desk. The photo is on the device before anything is said.
export function PhotoButton({ stepId, onAdded }: { stepId: string; onAdded?: () => void }) {
  const [busy, setBusy] = useState(false)
  const add = async (file: File) => {
    if (file.size > MOST_BYTES) return toast(t.photoTooLarge)
    setBusy(true)
    try {
      await photoAdd(stepId, file)
      toast(t.photoKept)
      onAdded?.()
    } catch {
      toast(t.photoLost)
    } finally {
      setBusy(false)
    }
  }
  return (
    <label class="button photo" aria-busy={busy ? 'true' : undefined}>
      <Shape>{CAMERA}</Shape>
      {t.photo}
      <input
        type="file"
        accept="image/*"
        capture="environment"
        class="hidden-text"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? []
          event.currentTarget.value = ''
          if (file && !busy) void add(file)
        }}
      />
    </label>
  )
}

function percent(sent: number, size: number): string {
  return `${Math.floor((100 * sent) / Math.max(size, 1))}%`
}

// The step's evidence, each with what is still missing.
export function EvidenceList({ step }: { step: MyStep }) {
  const list = step.evidence ?? []
  if (list.length === 0 && !step.paperLocation) return null
  return (
    <section aria-label={t.evidenceList} class="evidence">
      <ul>
        {list.map((one) => {
          const photo = photos.value.find((other) => other.id === one.id)
          const waits = outbox.value.some((item) => item.request.id === one.id && item.state === 'waiting')
          return (
            <li key={one.id} class="row small">
              <Shape>{CAMERA}</Shape>
              <span class="grow">{one.name}</span>
              {waits ? (
                t.photoWaiting
              ) : photo?.error ? (
                <>
                  <span class="over">{photo.error}</span>
                  <Button onClick={() => void photoRetry(photo.id)}>{t.again}</Button>
                  <Button onClick={() => void photoDrop(photo.id)}>{t.throwAway}</Button>
                </>
              ) : photo ? (
                t.photoSending(percent(photo.sent, photo.size))
              ) : (
                `✓ ${t.photoSent}`
              )}
            </li>
          )
        })}
        {step.paperLocation && (
          <li class="small">
            {t.paper}: {step.paperLocation}
          </li>
        )}
      </ul>
    </section>
  )
}

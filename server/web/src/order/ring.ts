// SPDX-License-Identifier: Apache-2.0
// Sound, vibration and the system's notification. A browser lets a page sound only after the person touched it.
import { alarm } from '../base/settings'

let audio: AudioContext | undefined

// From the first touch on the page may sound.
export function ringBegin(): void {
  const wake = () => {
    audio ??= typeof AudioContext === 'undefined' ? undefined : new AudioContext()
    void audio?.resume().catch(() => undefined)
  }
  for (const name of ['pointerdown', 'keydown']) addEventListener(name, wake, { capture: true, passive: true })
}

// Three rising pairs: told apart from the phone's own sounds, and audible on a small speaker.
const TONES = [784, 1047, 784, 1047, 784, 1319]

function sound(): void {
  if (audio?.state !== 'running') return
  const at = audio.currentTime
  for (const [i, pitch] of TONES.entries()) {
    const from = at + i * 0.22
    const tone = new OscillatorNode(audio, { type: 'square', frequency: pitch })
    const gain = new GainNode(audio, { gain: 0 })
    gain.gain.setValueAtTime(0.0001, from)
    gain.gain.exponentialRampToValueAtTime(0.25, from + 0.02)
    gain.gain.exponentialRampToValueAtTime(0.0001, from + 0.2)
    tone.connect(gain).connect(audio.destination)
    tone.start(from)
    tone.stop(from + 0.21)
  }
}

export function ring(): void {
  if (alarm.peek() === 'mute') return
  if (alarm.peek() === 'sound') sound()
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.([300, 120, 300, 120, 600])
}

export const mayNotify = (): NotificationPermission | 'none' =>
  typeof Notification === 'undefined' ? 'none' : Notification.permission

// Only where the page is not in view: in view the banner says it. A phone shows it through the service worker.
export async function notify(title: string, body: string, to: string): Promise<void> {
  if (!document.hidden || mayNotify() !== 'granted') return
  const options = { body, tag: to, data: { url: to }, icon: '/icon-192.png' }
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined)
  if (worker) return worker.showNotification(title, options).catch(() => undefined)
  try {
    new Notification(title, options)
  } catch {
    // A phone without the service worker has none.
  }
}

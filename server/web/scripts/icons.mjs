// SPDX-License-Identifier: Apache-2.0
// Draws public/icon-*.png as public/icon.svg has it: a bolt on the accent, filled to the edge so that any mask fits.
// Run by hand when the icon changes: node scripts/icons.mjs
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'

const GROUND = [0x00, 0x42, 0x8c]
const BOLT = [36, 8, 16, 37, 29, 37, 26, 56, 48, 25, 34, 25] // on 64 × 64, kept within the safe circle below
const SAFE = 0.85

function inside(x, y) {
  let odd = false
  for (let i = 0, j = BOLT.length - 2; i < BOLT.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [BOLT[i], BOLT[i + 1], BOLT[j], BOLT[j + 1]]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd
  }
  return odd
}

// How much of a pixel the bolt covers, by sixteen samples.
function cover(x, y, size) {
  let hits = 0
  for (let i = 0; i < 16; i++) {
    const at = (p, q) => 32 + (((p + (q + 0.5) / 4) / size) * 64 - 32) / SAFE
    if (inside(at(x, i % 4), at(y, Math.floor(i / 4)))) hits++
  }
  return hits / 16
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

function png(size) {
  const rows = Buffer.alloc(size * (1 + size * 3))
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const part = cover(x, y, size)
      for (let c = 0; c < 3; c++) rows[y * (1 + size * 3) + 1 + x * 3 + c] = GROUND[c] + (255 - GROUND[c]) * part
    }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(rows, { level: 9 })
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

for (const size of [180, 192, 512])
  writeFileSync(fileURLToPath(new URL(`../public/icon-${size}.png`, import.meta.url)), png(size))

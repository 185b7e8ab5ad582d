// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks'

// The server's QR code as an image of its own: the page takes no markup from anywhere.
export function Qr({ svg, alt, size }: { svg: string; alt: string; size: number }) {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [svg])
  return url ? <img class="qr" src={url} alt={alt} width={size} height={size} /> : null
}

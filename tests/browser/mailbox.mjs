// SPDX-License-Identifier: Apache-2.0
// A mail server that takes everything, and what came to whom: one-time links, and codes that prove an address.
import { createServer } from 'node:net'

function decoded(text) {
  const body = text.split('\n\n').slice(1).join('\n\n')
  return [body, Buffer.from(body.replace(/[^A-Za-z0-9+/=]/g, ''), 'base64').toString(), body.replace(/=\n/g, '')].join('\n')
}

function speak(socket, texts) {
  let data = null
  let rest = ''
  const line = (said) => {
    if (data !== null) {
      if (said !== '.') data += `${said}\n`
      else {
        texts.push(data)
        data = null
        socket.write('250 taken\r\n')
      }
    } else if (/^EHLO/i.test(said)) socket.write('250-mail.example\r\n250 8BITMIME\r\n')
    else if (/^DATA/i.test(said)) {
      data = ''
      socket.write('354 go on\r\n')
    } else if (/^QUIT/i.test(said)) socket.end('221 bye\r\n')
    else socket.write('250 ok\r\n')
  }
  socket.write('220 mail.example ESMTP\r\n')
  socket.on('error', () => undefined)
  socket.on('data', (piece) => {
    rest += piece.toString('latin1')
    for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
      line(rest.slice(0, at))
      rest = rest.slice(at + 2)
    }
  })
}

export async function mailbox() {
  const texts = []
  const one = createServer((socket) => speak(socket, texts))
  await new Promise((resolve) => one.listen(0, '127.0.0.1', resolve))
  const found = (to, what) => texts.filter((text) => text.includes(to)).flatMap((text) => decoded(text).match(what) ?? [])
  return {
    url: `smtp://127.0.0.1:${one.address().port}`,
    links: (to) => found(to, /\/a\/[A-Za-z0-9_-]{16,}/g),
    codes: (to) => found(to, /(?<![0-9])[0-9]{6}(?= です)/g),
    close: () => one.close(),
  }
}

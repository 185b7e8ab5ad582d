// SPDX-License-Identifier: Apache-2.0
import { texts } from '../base/i18n'

export const t = texts({
  ja: {
    title: 'ログイン',
    ended: '安全のため、ログインの期限が切れました。入力中の内容は端末に残っています。ログインすると続きに戻ります。',
    login: 'ログイン名',
    password: 'パスワード',
    show: 'パスワードを表示する',
    enter: 'ログインする',
    code: '認証アプリの6桁',
    codeHint: '認証アプリに表示されている数字を入れてください。',
    recovery: '回復コード',
    recoveryHint: '封をして保管している紙のコードを1つ使います。使ったコードは二度と使えません。',
    useRecovery: '認証アプリが使えないとき',
    useCode: '認証アプリを使う',
    again: '最初からやり直す',
    missing: 'ログイン名とパスワードを入れてください。',
  },
  en: {
    title: 'Log in',
    ended: 'Your session has ended for safety. What you typed is kept on this device; log in to go on with it.',
    login: 'Login name',
    password: 'Password',
    show: 'Show the password',
    enter: 'Log in',
    code: 'Six digits of the authenticator app',
    codeHint: 'Type the number that your authenticator app shows.',
    recovery: 'Recovery code',
    recoveryHint: 'Use one of the codes on the paper kept sealed. A used code cannot be used again.',
    useRecovery: 'The authenticator app is not at hand',
    useCode: 'Use the authenticator app',
    again: 'Begin again',
    missing: 'Type your login name and password.',
  },
})

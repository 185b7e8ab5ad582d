// SPDX-License-Identifier: Apache-2.0
// How many orders and calls wait for my answer. src/order keeps it: that is loaded after the first screen.
import { signal } from '@preact/signals'

export const toAnswer = signal(0)

// SPDX-License-Identifier: Apache-2.0

// Fulfilled when what is known now stands on the screen; where nothing is painted (another tab is looked at), soon.
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, 300)
  })
}

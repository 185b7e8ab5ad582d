// SPDX-License-Identifier: Apache-2.0
// Leaving one stack for another, for fiber.c alone. In assembly where we know the machine (decision 0035),
// with ucontext elsewhere: that one also swaps the signal mask, by a system call each time.
#pragma once

#include <stddef.h>

#if defined(__CET__) && (__CET__ & 2) // a shadow stack has to be switched, too: the C library knows how
#define FIBER_UCONTEXT 1
#elif !(defined(__x86_64__) && defined(__LP64__)) && !defined(__aarch64__)
#define FIBER_UCONTEXT 1
#endif

#ifdef FIBER_UCONTEXT
#include <ucontext.h>
struct fiber_place {
    ucontext_t context;
};
#else
struct fiber_place {
    void *sp; // on top of it the registers that a function must keep
};
#endif

// Makes a place where fn begins on the stack of size bytes at low. fn never returns.
void fiber_place_make(struct fiber_place *place, void *low, size_t size, void (*fn)(void));
// Goes on at `to`; returns when somebody goes on at `from`. The signal mask and the modes of floating point
// are the same everywhere and stay as they are.
void fiber_switch(struct fiber_place *from, struct fiber_place *to);

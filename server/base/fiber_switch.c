// SPDX-License-Identifier: Apache-2.0
#include "server/base/fiber_switch.h"

#include <stdint.h>
#include <stdlib.h>

#ifdef FIBER_UCONTEXT

void fiber_place_make(struct fiber_place *place, void *low, size_t size, void (*fn)(void))
{
    if (getcontext(&place->context) != 0)
        abort();
    place->context.uc_stack.ss_sp = low;
    place->context.uc_stack.ss_size = size;
    place->context.uc_link = NULL;
    makecontext(&place->context, fn, 0);
}

void fiber_switch(struct fiber_place *from, struct fiber_place *to)
{
    if (swapcontext(&from->context, &to->context) != 0)
        abort();
}

#else

// Puts the registers that the caller may expect to find again on the stack, changes stacks, takes those of
// the other place. What a place keeps on its stack, from low to high, is `struct kept` below.
#ifdef __x86_64__
struct kept {
    uint64_t r15, r14, r13, r12, rbx, rbp, resume;
    uint64_t caller; // of fn: none, which ends a backtrace; also keeps the stack aligned as after a call
};

__asm__(".text\n"
        ".globl fiber_switch\n"
        ".hidden fiber_switch\n"
        ".type fiber_switch, @function\n"
        "fiber_switch:\n"
        ".cfi_startproc\n"
        "    pushq %rbp\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %rbx\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %r12\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %r13\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %r14\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %r15\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    movq %rsp, (%rdi)\n"
        "    movq (%rsi), %rsp\n"
        "    popq %r15\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %r14\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %r13\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %r12\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %rbx\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %rbp\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size fiber_switch, . - fiber_switch\n");
#else
struct kept {
    uint64_t x19_to_x28[10], x29, resume, d8_to_d15[8];
};

__asm__(".text\n"
        ".globl fiber_switch\n"
        ".hidden fiber_switch\n"
        ".type fiber_switch, %function\n"
        "fiber_switch:\n"
        ".cfi_startproc\n"
        "    sub sp, sp, #160\n"
        ".cfi_adjust_cfa_offset 160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    ldr x9, [x1]\n"
        "    mov sp, x9\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        ".cfi_adjust_cfa_offset -160\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size fiber_switch, . - fiber_switch\n");
#endif

_Static_assert(sizeof(struct kept) % 16 == 0, "stacks are aligned to 16");

void fiber_place_make(struct fiber_place *place, void *low, size_t size, void (*fn)(void))
{
    uintptr_t high = ((uintptr_t)low + size) & ~(uintptr_t)15;
    struct kept *kept = (struct kept *)high - 1; // NOLINT(performance-no-int-to-ptr): it is an address
    *kept = (struct kept){.resume = (uintptr_t)fn};
    place->sp = kept;
}

#endif

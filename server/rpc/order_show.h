// SPDX-License-Identifier: Apache-2.0
// What the methods of orders share.
#pragma once

#include "server/store/order_store.h"

// An order as it stands for the caller: with its numbers where they may see them, and their own standing.
enum err order_show(struct call *c, const struct uuid *id, Sokuo__V1__Order **ret) MUST_USE;
// How the caller stands to an addressee, or (NULL) to the order.
struct order_teller order_teller_of(const struct call *c, const struct order *order,
                                    const struct order_person *person);
// Whether the caller may give orders on the incident, and to whom.
enum order_scope order_scope_of(const struct call *c, const struct incident *incident);
// Shipped texts in the caller's language.
void order_templates(struct call *c, Sokuo__V1__OrderTemplate ***ret, size_t *ret_count);

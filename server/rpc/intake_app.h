// SPDX-License-Identifier: Apache-2.0
// From items to incidents: by a person's decision, by an integration's rule, and what a resolved alert means
// for the incident it belongs to.
#pragma once

#include "server/store/intake_store.h"

// Opens an incident from the items, or adds them to one, all or none; the same operation answers the first
// answer.
enum err intake_promote(struct call *c, struct operation *operation,
                        const Sokuo__V1__PromoteItemsRequest *req,
                        Sokuo__V1__PromoteItemsResponse *res) MUST_USE;

// After a delivery is committed: what the integration's rule opens, and entries in the chronologies of
// incidents whose alerts are over. May be repeated with the same delivery. Fails only for what passes by
// itself, so that the source sends again; other faults go to the log and the item waits for a person.
enum err intake_follow_up(struct call *c, const struct integration *integration,
                          const struct alert_batch *batch, const struct intake_result *result) MUST_USE;

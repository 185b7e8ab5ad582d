// SPDX-License-Identifier: Apache-2.0
// Integrations: sources of alerts, known by a token. Their rate is counted with each delivery
// (intake_store.h).
#pragma once

#include <stdbool.h>

#include "server/base/call.h"
#include "sokuo/v1/intake.pb-c.h"

// 160 bits as 32 characters of base 32: PagerDuty's clients want exactly 32.
#define INTEGRATION_TOKEN_LEN 32

struct integration {
    struct uuid tenant_id, id;
    const char *name;
    Sokuo__V1__IntegrationKind kind;
    Sokuo__V1__Mode mode;
    Sokuo__V1__HookMapping *mapping; // never NULL
    Sokuo__V1__IntakeRule *rule;     // never NULL
    const void *hmac_secret;         // NULL = none
    size_t hmac_secret_len;
};

// Whose token it is. NOT_FOUND, always with the same words and work, for unknown tokens and integrations that
// are off. From then on the call acts for the integration: its tenant, its name, capacity integration.
enum err integration_by_token(struct call *c, const char *token,
                              struct integration *ret_integration) MUST_USE;

// All of the tenant by name, or the one with this id (NULL = all). In the call's arena.
enum err integration_list(struct call *c, const struct uuid *id, Sokuo__V1__Integration ***ret_items,
                          size_t *ret_count) MUST_USE;

// Adds it with a new token, or changes what may change of it (then *ret_token is ""). ALREADY_EXISTS when the
// name is taken, NOT_FOUND when there is no such id.
enum err integration_save(struct call *c, const Sokuo__V1__SaveIntegrationRequest *req, struct uuid *ret_id,
                          const char **ret_token) MUST_USE;

// A new token; the old one ends at once.
enum err integration_renew(struct call *c, const struct uuid *id, const char **ret_token,
                           Sokuo__V1__IntegrationKind *ret_kind) MUST_USE;

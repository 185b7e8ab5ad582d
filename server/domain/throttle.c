// SPDX-License-Identifier: Apache-2.0
#include "server/domain/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

int throttle_delay_s(int failures)
{
    int doubled = failures - THROTTLE_FREE - 1;
    if (doubled < 0)
        return 0;
    return doubled >= 10 ? 900 : 1 << doubled;
}

void throttle_delays(int16_t ret_delays[THROTTLE_DELAYS])
{
    for (int i = 0; i < THROTTLE_DELAYS; i++)
        ret_delays[i] = (int16_t)throttle_delay_s(i + 1);
}

void throttle_network(const char *address, char *out, size_t size)
{
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN] = "";
    if (inet_pton(AF_INET6, address, &v6) != 1 || IN6_IS_ADDR_V4MAPPED(&v6)) {
        const char *v4 = strncmp(address, "::ffff:", 7) == 0 ? address + 7 : address;
        snprintf(out, size, "%s", v4);
        return;
    }
    memset(v6.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &v6, text, sizeof text);
    snprintf(out, size, "%s/64", text);
}

// SPDX-License-Identifier: Apache-2.0
#include "server/edge/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct peer {
    struct peer *next;
    uint8_t key[16];
    long count;
};

#define BUCKETS 1024
static struct peer *buckets[BUCKETS];

static struct peer **find(const uint8_t key[16])
{
    uint32_t h = 2166136261u;
    for (int i = 0; i < 16; i++)
        h = (h ^ key[i]) * 16777619u;
    struct peer **at = &buckets[h % BUCKETS];
    while (*at != NULL && memcmp((*at)->key, key, 16) != 0)
        at = &(*at)->next;
    return at;
}

void peers_key(const struct sockaddr *address, uint8_t ret_key[16])
{
    memset(ret_key, 0, 16);
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        ret_key[10] = ret_key[11] = 0xff;
        memcpy(ret_key + 12, &in->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
        memcpy(ret_key, &in6->sin6_addr, is_mapped ? 16 : 8);
    }
}

bool peers_is_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(in6) || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
}

bool peers_enter(const uint8_t key[16], long limit)
{
    struct peer **at = find(key);
    if (*at == NULL) {
        if (limit < 1)
            return false;
        *at = calloc(1, sizeof **at);
        if (*at == NULL)
            abort();
        memcpy((*at)->key, key, 16);
    }
    if ((*at)->count >= limit)
        return false;
    (*at)->count++;
    return true;
}

void peers_leave(const uint8_t key[16])
{
    struct peer **at = find(key);
    struct peer *peer = *at;
    if (peer == NULL || --peer->count > 0)
        return;
    *at = peer->next;
    free(peer);
}

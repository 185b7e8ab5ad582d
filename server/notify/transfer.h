// SPDX-License-Identifier: Apache-2.0
// libcurl's multi interface on the fibers' loop, and what holds for every transfer: https unless the setting
// `outbound_hosts` names the host, no redirects, no link-local or metadata address, little memory, an end in
// time.
#pragma once

#include <curl/curl.h>

#include "server/base/arena.h"
#include "server/notify/notify.h"

#define TRANSFER_ANSWER_MOST 65536

struct transfer {
    CURL *easy;
    struct call *call;
    struct buf answer;   // the body
    const char *words;   // the other side's last line or header line
    long status;         // of HTTP or SMTP; 0 = it said nothing
    int retry_after_s;   // header Retry-After
    bool is_mail;        // SMTP
    bool is_inside_shut; // addresses of the own network are refused, too
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    struct fiber *fiber;
    struct transfer *next;
};

// Begins a transfer to url; it ends with the call. False: the host may not be reached that way (*ret_why says
// it).
bool transfer_begin(struct call *c, struct transfer *t, const char *url, bool is_inside_shut,
                    const char **ret_why);
// Adds a header line, which lives as long as the call.
void transfer_header(struct transfer *t, struct curl_slist **list, const char *line);
// Sleeps until it is over, and ends it. code, status, words and answer are set.
void transfer_run(struct transfer *t);
// In one line, for people: what went wrong below the protocol, such as a refused connection.
const char *transfer_fault(const struct transfer *t);

// An address nobody has business with: link-local, metadata services, multicast, unspecified; with
// is_inside_shut also loopback and private ones.
bool transfer_is_barred(const void *sockaddr, bool is_inside_shut);
// The host is named in a comma separated list.
bool transfer_host_listed(const char *url, const char *hosts);

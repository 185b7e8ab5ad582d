// SPDX-License-Identifier: Apache-2.0
// Settings. Precedence: flag, then environment (SOKUO_<NAME>), then the file given with --config, then the
// default.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "server/base/err.h"

// name (flag --name with '-' for '_'), type, default, what it is for. Alphabetical.
// bind: address to listen on. db: libpq connection string; empty = embedded PostgreSQL.
#define CONFIG_MAP(X)                                                                                  \
    X(bind, TEXT, "127.0.0.1", "address to listen on; 0.0.0.0 for every interface")                    \
    X(connections_per_address, NUMBER, "64", "most connections from one address (NAT: raise it)")      \
    X(data, TEXT, "", "directory of the embedded PostgreSQL, keys and sockets")                        \
    X(db, TEXT, "", "libpq connection string of a PostgreSQL of your own; empty = embedded")           \
    X(engines, NUMBER, "1", "engine processes")                                                        \
    X(heartbeat_url, TEXT, "", "told once a minute that all is well (POST); empty = nobody is")        \
    X(hosts, TEXT, "", "accepted Host names, comma separated; empty = localhost and the bind address") \
    X(log_level, TEXT, "info", "debug, info, warn or error")                                           \
    X(metrics_token, TEXT, "", "bearer token for /metrics; empty = only from this machine")            \
    X(notices_per_hour, NUMBER, "20", "messages a person and hour; further ones become one digest")    \
    X(outbound_ca, TEXT, "", "certificates to trust when sending, PEM; empty = the system's")          \
    X(outbound_hosts, TEXT, "", "hosts reached by http, and by Web Push in the own network; commas")   \
    X(port, NUMBER, "8080", "port to listen on; 0 = any free one")                                     \
    X(public_url, TEXT, "", "address people use, such as https://sokuo.city.example.jp")               \
    X(tls_cert, TEXT, "", "certificate chain, PEM; with tls_key turns TLS on")                         \
    X(tls_key, TEXT, "", "private key, PEM")                                                           \
    X(user, TEXT, "", "when started as root: the user to become; empty = owner of data, or sokuo")     \
    X(web_dir, TEXT, "", "serve the web client from this directory instead of the built-in one")       \
    X(workers, NUMBER, "0", "edge processes; 0 = half the cores, at least one")

struct config {
#define CONFIG_TYPE_TEXT const char *
#define CONFIG_TYPE_NUMBER long
#define CONFIG_TYPE_FLAG bool
#define X(name, type, def, doc) CONFIG_TYPE_##type name;
    CONFIG_MAP(X)
#undef X
    struct config_text *texts; // what the file said; the texts above point into it
};

// Fills in defaults, then file, environment and flags. Flags it knows are removed from argv (argc shrinks);
// others stay for the subcommand. On error writes what to do into message (size bytes) and returns
// ERR_INVALID_ARGUMENT. Texts point into argv, the environment and the config: they live until config_free.
enum err config_load(struct config *config, int *argc, char **argv, char *message, size_t size) MUST_USE;
// After config_load said ERR_OK.
void config_free(struct config *config);
// One line a setting, for --help.
void config_help(FILE *out);

// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/pg_conf.h"

#include <stdio.h>

// Durability is not for sale: the first block stays as it is, and migrate_run refuses a server without it.
// The memory block keeps the server at rest below 80 MB (design.md section 7, row 9). Background workers:
// none but autovacuum. wal_level stays at replica so that base backups and archiving need no restart.
static const char pg_conf_template[] = //
    "# Written by sokuo at every start. Put your own settings in postgresql.auto.conf (ALTER SYSTEM).\n"
    "fsync = on\n"
    "full_page_writes = on\n"
    "synchronous_commit = on\n"
    "wal_level = replica\n"
    "max_wal_senders = 3\n"
    "max_wal_size = 512MB\n"
    "recovery_init_sync_method = syncfs\n" // after a crash; the kernel reports errors of it since 5.8
    "checkpoint_timeout = 5min\n"
    "\n"
    "listen_addresses = ''\n"
    "port = 5432\n"
    "unix_socket_directories = '%s'\n"
    "unix_socket_permissions = 0700\n"
    "max_connections = %d\n"
    "superuser_reserved_connections = 3\n"
    "idle_in_transaction_session_timeout = 10s\n"
    "\n"
    "shared_buffers = 64MB\n"
    "wal_buffers = 1MB\n"
    "work_mem = 4MB\n"
    "maintenance_work_mem = 32MB\n"
    "effective_cache_size = 512MB\n"
    "dynamic_shared_memory_type = mmap\n"
    "max_worker_processes = 2\n"
    "max_parallel_workers = 0\n"
    "max_parallel_workers_per_gather = 0\n"
    "max_logical_replication_workers = 0\n"
    "max_replication_slots = 2\n"
    "autovacuum_max_workers = 1\n"
    "autovacuum_naptime = 30s\n"
    "jit = off\n"
    "random_page_cost = 1.1\n"
    "shared_preload_libraries = ''\n"
    "\n"
    "# No person's text in the log: errors without their detail, never a statement or a parameter.\n"
    "logging_collector = off\n"
    "log_destination = 'stderr'\n"
    "log_line_prefix = ''\n"
    "log_timezone = 'UTC'\n"
    "log_statement = 'none'\n"
    "log_error_verbosity = terse\n"
    "log_min_messages = warning\n"
    "log_min_error_statement = panic\n"
    "log_min_duration_statement = -1\n"
    "log_parameter_max_length = 0\n"
    "log_parameter_max_length_on_error = 0\n"
    "log_checkpoints = off\n"
    "log_autovacuum_min_duration = -1\n"
    "lc_messages = 'C'\n"
    "timezone = 'UTC'\n";

int pg_conf_connections(const struct pg_conf *conf)
{
    return PG_CONF_LANES * (conf->workers + conf->engines) + PG_CONF_SPARE;
}

// A quote in a setting's value is doubled.
static void quote(const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (; *text && used + 3 < size; text++) {
        if (*text == '\'')
            out[used++] = '\'';
        out[used++] = *text;
    }
    out[used] = '\0';
}

int pg_conf_text(const struct pg_conf *conf, char *out, size_t size)
{
    char socket_dir[512];
    quote(conf->socket_dir, socket_dir, sizeof socket_dir);
    return snprintf(out, size, pg_conf_template, socket_dir, pg_conf_connections(conf));
}

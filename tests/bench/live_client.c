// SPDX-License-Identifier: Apache-2.0
// Many live clients in one process: N event streams and N keep-alive connections for Pull, on one epoll loop.
//
//   live_client PORT TOKENS_FILE COUNT
//
// Says "connected" when every stream has begun and every client has a cursor. Then for each line "go" on
// standard input it waits until every stream was woken and every Pull that followed brought a change, and
// prints
//   woken FIRST MEDIAN LAST pulled FIRST MEDIAN LAST        (microseconds after "go" was read)
// "hold" makes every client Pull with wait_ms 20000 and says "waiting" when all were sent. Ends with standard
// input.
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE 65536
#define TOKEN_SIZE 128

struct client {
    int stream_fd, pull_fd;
    bool has_begun;
    int woken; // wake events not yet answered by a Pull
    bool is_pulling;
    uint64_t woken_us, pulled_us;
    char cursor[128];
    char answer[READ_SIZE];
    size_t answer_len;
    const char *token;
};

static struct client *clients;
static int count, port, epoll_fd;
static uint64_t go_us;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    return fd;
}

static void send_all(int fd, const char *text, size_t len)
{
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("send");
}

static void open_stream(struct client *client)
{
    char request[512];
    int len = snprintf(request, sizeof request,
                       "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n"
                       "Authorization: Bearer %s\r\n\r\n",
                       port, client->token);
    client->stream_fd = dial();
    send_all(client->stream_fd, request, (size_t)len);
}

static void send_pull(struct client *client, int wait_ms)
{
    char body[256], request[1024];
    int body_len = snprintf(body, sizeof body, "{\"after\":\"%s\",\"waitMs\":%d}", client->cursor, wait_ms);
    int len = snprintf(request, sizeof request,
                       "POST /sokuo.v1.SyncService/Pull HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                       "Content-Type: application/json\r\nConnect-Protocol-Version: 1\r\n"
                       "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
                       port, client->token, body_len, body);
    client->is_pulling = true;
    client->answer_len = 0;
    send_all(client->pull_fd, request, (size_t)len);
}

// Takes "cursor":"…" out of an answer.
static void keep_cursor(struct client *client)
{
    const char *found = strstr(client->answer, "\"cursor\":\"");
    if (!found) {
        fprintf(stderr, "no cursor in: %.600s\n", client->answer);
        exit(1);
    }
    found += strlen("\"cursor\":\"");
    size_t len = strcspn(found, "\"");
    memcpy(client->cursor, found, len);
    client->cursor[len] = '\0';
}

static bool answer_is_whole(const struct client *client)
{
    const char *head_end = strstr(client->answer, "\r\n\r\n");
    const char *length = strcasestr(client->answer, "content-length:");
    if (!head_end || !length || length > head_end)
        return false;
    size_t head = (size_t)(head_end + 4 - client->answer);
    return client->answer_len >= head + strtoul(length + strlen("content-length:"), NULL, 10);
}

static void on_pull(struct client *client)
{
    size_t room = READ_SIZE - 1 - client->answer_len;
    ssize_t n = read(client->pull_fd, client->answer + client->answer_len, room);
    if (n <= 0)
        die("pull connection");
    client->answer_len += (size_t)n;
    client->answer[client->answer_len] = '\0';
    if (!answer_is_whole(client))
        return;
    client->is_pulling = false;
    keep_cursor(client);
    if (strstr(client->answer, "\"changes\":["))
        client->pulled_us = now_us();
    else if (go_us && client->woken_us)
        send_pull(client, 0); // woken before the change was past the horizon
}

static void on_stream(struct client *client)
{
    char piece[4096];
    ssize_t n = read(client->stream_fd, piece, sizeof piece - 1);
    if (n <= 0)
        die("event stream");
    piece[n] = '\0';
    client->has_begun |= strstr(piece, ": ok") != NULL;
    if (!strstr(piece, "event: wake"))
        return;
    if (go_us && !client->woken_us) {
        client->woken_us = now_us();
        send_pull(client, 0);
    }
}

// One round of the loop; false when nothing came for a second.
static bool turn(void)
{
    struct epoll_event events[512];
    int n = epoll_wait(epoll_fd, events, 512, 1000);
    for (int i = 0; i < n; i++) {
        struct client *client = &clients[events[i].data.u64 >> 1];
        if (events[i].data.u64 & 1)
            on_pull(client);
        else
            on_stream(client);
    }
    return n > 0;
}

static void watch(int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static bool all_begun(void)
{
    for (int i = 0; i < count; i++)
        if (!clients[i].has_begun || clients[i].is_pulling)
            return false;
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void print_spread(const char *name, uint64_t *times)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%s %llu %llu %llu ", name, (unsigned long long)times[0], (unsigned long long)times[count / 2],
           (unsigned long long)times[count - 1]);
}

static bool all_pulled(void)
{
    for (int i = 0; i < count; i++)
        if (!clients[i].pulled_us)
            return false;
    return true;
}

static void measure(void)
{
    for (int i = 0; i < count; i++)
        clients[i].woken_us = clients[i].pulled_us = 0;
    go_us = now_us();
    printf("armed\n");
    fflush(stdout);
    while (!all_pulled() && now_us() - go_us < 30000000)
        turn();
    uint64_t *times = calloc((size_t)count, sizeof *times);
    for (int i = 0; i < count; i++)
        times[i] = clients[i].woken_us ? clients[i].woken_us - go_us : UINT64_MAX / 2;
    print_spread("woken", times);
    for (int i = 0; i < count; i++)
        times[i] = clients[i].pulled_us ? clients[i].pulled_us - go_us : UINT64_MAX / 2;
    print_spread("pulled", times);
    printf("\n");
    free(times);
    go_us = 0;
}

static void read_tokens(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    static char tokens[4096][TOKEN_SIZE];
    int tokens_count = 0;
    while (tokens_count < 4096 && fgets(tokens[tokens_count], TOKEN_SIZE, file)) {
        tokens[tokens_count][strcspn(tokens[tokens_count], "\n")] = '\0';
        tokens_count++;
    }
    fclose(file);
    for (int i = 0; i < count; i++)
        clients[i].token = tokens[i % tokens_count];
}

static void connect_all(void)
{
    for (int i = 0; i < count; i++) {
        open_stream(&clients[i]);
        clients[i].pull_fd = dial();
        watch(clients[i].stream_fd, (uint64_t)i << 1);
        watch(clients[i].pull_fd, (uint64_t)i << 1 | 1);
        send_pull(&clients[i], 0);
        while (i % 100 == 99 && clients[i].is_pulling)
            turn();
    }
    while (!all_begun())
        turn();
    printf("connected\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: live_client PORT TOKENS_FILE COUNT\n");
        return 2;
    }
    port = atoi(argv[1]);
    count = atoi(argv[3]);
    clients = calloc((size_t)count, sizeof *clients);
    epoll_fd = epoll_create1(0);
    read_tokens(argv[2]);
    connect_all();

    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "go\n") == 0) {
            measure();
        } else if (strcmp(line, "hold\n") == 0) {
            for (int i = 0; i < count; i++)
                send_pull(&clients[i], 20000);
            printf("waiting\n");
        }
        fflush(stdout);
    }
    return 0;
}

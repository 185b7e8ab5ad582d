// SPDX-License-Identifier: Apache-2.0
#include "server/notify/transfer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/fiber.h"
#include "server/base/log.h"

#define CONNECT_TIMEOUT_MS 8000L
#define KEPT_CONNECTIONS 32L

static struct {
    CURLM *multi; // made with the first transfer
    uv_timer_t timer;
    struct transfer *first;
    struct notify_settings settings;
    bool is_ended;
    unsigned closing;
} net;

// A socket that libcurl watches.
struct watch {
    uv_poll_t poll;
    curl_socket_t fd;
};

// --- settings

void notify_begin(const struct notify_settings *settings)
{
    net.settings = *settings;
    net.is_ended = false;
}

const struct notify_settings *notify_settings(void)
{
    static const struct notify_settings none = {"", "", ""};
    return net.settings.hosts ? &net.settings : &none;
}

// --- who may be reached

static bool is_barred_v4(uint32_t ip, bool is_inside_shut)
{
    static const struct {
        uint32_t net, mask;
        bool is_inside;
    } barred[] = {
        {0xA9FE0000, 0xFFFF0000, false}, // 169.254.0.0/16: link-local, metadata services
        {0x64646400, 0xFFFFFF00, false}, // 100.100.100.0/24: a metadata service
        {0x00000000, 0xFF000000, false}, // this network
        {0xE0000000, 0xE0000000, false}, // multicast, reserved, broadcast
        {0x7F000000, 0xFF000000, true},  {0x0A000000, 0xFF000000, true}, {0xAC100000, 0xFFF00000, true},
        {0xC0A80000, 0xFFFF0000, true},  {0x64400000, 0xFFC00000, true},
    };
    for (size_t i = 0; i < sizeof barred / sizeof barred[0]; i++)
        if ((ip & barred[i].mask) == barred[i].net && (is_inside_shut || !barred[i].is_inside))
            return true;
    return false;
}

static bool is_barred_v6(const struct in6_addr *in6, bool is_inside_shut)
{
    static const uint8_t metadata[16] = {0xFD, 0x00, 0x0E, 0xC2, [14] = 0x02, [15] = 0x54};
    const uint8_t *b = in6->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(in6) || (IN6_IS_ADDR_V4COMPAT(in6) && !IN6_IS_ADDR_LOOPBACK(in6)))
        return is_barred_v4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15],
                            is_inside_shut);
    if (IN6_IS_ADDR_UNSPECIFIED(in6) || IN6_IS_ADDR_LINKLOCAL(in6) || IN6_IS_ADDR_MULTICAST(in6) ||
        memcmp(b, metadata, 16) == 0)
        return true;
    return is_inside_shut && (IN6_IS_ADDR_LOOPBACK(in6) || (b[0] & 0xFE) == 0xFC);
}

bool transfer_is_barred(const void *sockaddr, bool is_inside_shut)
{
    const struct sockaddr *any = sockaddr;
    if (any->sa_family == AF_INET)
        return is_barred_v4(ntohl(((const struct sockaddr_in *)sockaddr)->sin_addr.s_addr), is_inside_shut);
    if (any->sa_family == AF_INET6)
        return is_barred_v6(&((const struct sockaddr_in6 *)sockaddr)->sin6_addr, is_inside_shut);
    return true; // only the two internets
}

// The host of a URL: from behind "://" and user info to the port or path.
static size_t host_of(const char *url, const char **ret_host)
{
    const char *begin = strstr(url, "://");
    begin = begin ? begin + 3 : url;
    size_t len = strcspn(begin, "/?#");
    for (size_t i = len; i > 0; i--) {
        if (begin[i - 1] == '@') {
            begin += i;
            len -= i;
            break;
        }
    }
    *ret_host = begin;
    return *begin == '['                  ? strcspn(begin, "]") + 1
           : strcspn(begin, ":/?#") < len ? strcspn(begin, ":/?#")
                                          : len;
}

bool transfer_host_listed(const char *url, const char *hosts)
{
    const char *host;
    size_t len = host_of(url, &host);
    while (*hosts) {
        hosts += strspn(hosts, ", ");
        size_t one = strcspn(hosts, ", ");
        if (one > 0 && one == len && strncasecmp(hosts, host, len) == 0)
            return true;
        hosts += one;
    }
    return false;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct transfer *t = arg;
    if (transfer_is_barred(&address->addr, t->is_inside_shut)) {
        errno = EACCES;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

// --- the loop

static void take_finished(void)
{
    int left;
    const CURLMsg *msg;
    while (net.multi && (msg = curl_multi_info_read(net.multi, &left)) != NULL) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        struct transfer *t = NULL;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        t->code = code;
        fiber_wake(t->fiber); // msg is gone
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    const struct watch *w = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    curl_multi_socket_action(net.multi, w->fd, flags, &running);
    take_finished();
}

static void on_timer(uv_timer_t *timer)
{
    int running;
    curl_multi_socket_action(net.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished();
}

static void free_watch(uv_handle_t *handle)
{
    free(handle->data);
    net.closing--;
}

static void unwatch(struct watch *w)
{
    net.closing++;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

static struct watch *watch_new(curl_socket_t fd)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->fd = fd;
    w->poll.data = w;
    if (uv_poll_init_socket(fiber_loop(), &w->poll, fd) != 0)
        abort(); // a socket of ours that the loop cannot watch
    return w;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct watch *w = of_socket;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            unwatch(w);
        curl_multi_assign(net.multi, fd, NULL);
        return 0;
    }
    if (!w) {
        w = watch_new(fd);
        curl_multi_assign(net.multi, fd, w);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&w->poll, events, on_poll) == 0 ? 0 : -1;
}

// On 0 ms libcurl must not be called from here.
static int on_timeout(CURLM *multi, long ms, void *arg)
{
    if (ms < 0)
        (void)uv_timer_stop(&net.timer);
    else
        (void)uv_timer_start(&net.timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void multi_begin(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (net.multi = curl_multi_init()) == NULL)
        abort(); // as out of memory
    (void)uv_timer_init(fiber_loop(), &net.timer);
    uv_unref((uv_handle_t *)&net.timer);
    curl_multi_setopt(net.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(net.multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(net.multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
}

static void timer_closed(uv_handle_t *handle)
{
    net.closing--;
}

void notify_end(void)
{
    net.is_ended = true;
    for (const struct transfer *t = net.first; t; t = t->next)
        fiber_wake(t->fiber);
    while (net.first)
        fiber_sleep_us(1000);
    if (!net.multi)
        return;
    curl_multi_cleanup(net.multi);
    net.multi = NULL;
    net.closing++;
    uv_close((uv_handle_t *)&net.timer, timer_closed);
    while (net.closing > 0)
        fiber_sleep_us(1000);
    curl_global_cleanup();
}

// --- one transfer

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    if (t->answer.len + len > TRANSFER_ANSWER_MOST)
        return 0; // ends the transfer
    buf_put(&t->answer, data, len);
    return len;
}

// The last line of SMTP, or the status line of HTTP; Retry-After in seconds.
static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count, end = len;
    while (end > 0 && (unsigned char)data[end - 1] <= ' ')
        end--;
    bool is_answer =
        t->is_mail ? *t->words < '4' : strncmp(data, "HTTP/", 5) == 0; // what follows a refusal is "bye"
    if (end > 0 && is_answer)
        t->words = arena_strndup(&t->call->arena, data, end < 300 ? end : 300);
    if (!t->is_mail && end > 12 && strncasecmp(data, "Retry-After:", 12) == 0) {
        long seconds = strtol(arena_strndup(&t->call->arena, data + 12, end - 12), NULL, 10);
        t->retry_after_s = seconds > 0 && seconds < 86400 ? (int)seconds : 0;
    }
    return len;
}

static void end_easy(void *arg)
{
    struct transfer *t = arg;
    if (t->easy)
        curl_easy_cleanup(t->easy);
    t->easy = NULL;
}

static bool is_allowed(const char *url, const char **ret_protocols, bool *ret_mail)
{
    *ret_mail = strncmp(url, "smtp://", 7) == 0 || strncmp(url, "smtps://", 8) == 0;
    *ret_protocols = *ret_mail ? "smtp,smtps" : "https";
    if (*ret_mail || strncmp(url, "https://", 8) == 0)
        return true;
    *ret_protocols = "http";
    return strncmp(url, "http://", 7) == 0 && transfer_host_listed(url, notify_settings()->hosts);
}

bool transfer_begin(struct call *c, struct transfer *t, const char *url, bool is_inside_shut,
                    const char **ret_why)
{
    const char *protocols;
    *t = (struct transfer){.call = c, .answer = buf_in(&c->arena), .words = ""};
    if (!is_allowed(url, &protocols, &t->is_mail)) {
        *ret_why = "only https; for http the setting outbound_hosts must name the host";
        return false;
    }
    t->is_inside_shut = is_inside_shut && !transfer_host_listed(url, notify_settings()->hosts);
    if (!net.multi)
        multi_begin();
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        abort();
    call_defer(c, end_easy, t);
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROXY, ""); // not from the environment
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, NOTIFY_TIMEOUT_S * 1000L);
    curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)NOTIFY_TIMEOUT_S);
    curl_easy_setopt(e, CURLOPT_MAXFILESIZE, (long)TRANSFER_ANSWER_MOST);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (*notify_settings()->ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, notify_settings()->ca_file);
    return true;
}

static void end_list(void *arg)
{
    struct curl_slist **list = arg;
    curl_slist_free_all(*list);
}

void transfer_header(struct transfer *t, struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        abort();
    if (*list == NULL) {
        struct curl_slist **kept = call_alloc(t->call, sizeof(struct curl_slist *));
        *kept = longer;
        call_defer(t->call, end_list, kept);
    }
    *list = longer;
}

static void unlink_transfer(const struct transfer *t)
{
    for (struct transfer **at = &net.first; *at; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            return;
        }
    }
}

void transfer_run(struct transfer *t)
{
    t->code = CURLE_ABORTED_BY_CALLBACK;
    if (net.is_ended)
        return;
    t->fiber = fiber_self();
    t->next = net.first;
    net.first = t;
    if (curl_multi_add_handle(net.multi, t->easy) == CURLM_OK)
        fiber_sleep();
    curl_multi_remove_handle(net.multi, t->easy);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    end_easy(t);
    unlink_transfer(t);
}

const char *transfer_fault(const struct transfer *t)
{
    const char *text = *t->error ? t->error : curl_easy_strerror(t->code);
    return arena_strdup(&t->call->arena, text);
}

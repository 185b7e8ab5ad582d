// SPDX-License-Identifier: Apache-2.0
#include "server/store/search_store.h"

#include <limits.h>
#include <string.h>

#include "server/codec/text.h"
#include "server/store/message.h"

#define GRAMS_MAX 64
#define WORDS_MAX 16
#define SCAN_MAX 500               // places looked at in one step
#define STEPS_MAX 12               // steps of one page
#define SNIPPET_BYTES ((size_t)90) // before the first place

struct words {
    const char *pieces[WORDS_MAX]; // LIKE patterns
    int count;
    const char *first; // folded, for the snippet
    const char *const *grams;
    size_t gram_count;
};

struct search_place search_begin(void)
{
    struct search_place place = {.bucket = INT_MAX};
    memset(place.id.bytes, 0xff, sizeof place.id.bytes);
    return place;
}

static const char *like_pattern(struct call *c, const char *word)
{
    struct buf out = buf_in(&c->arena);
    buf_putc(&out, '%');
    for (const char *p = word; *p; p++) {
        if (*p == '%' || *p == '_' || *p == '\\')
            buf_putc(&out, '\\');
        buf_putc(&out, *p);
    }
    buf_putc(&out, '%');
    return buf_text(&out);
}

static enum err split_words(struct call *c, const char *query, struct words *words)
{
    char *folded = arena_strdup(&c->arena, text_fold(c, query));
    words->gram_count = text_bigrams(c, folded, GRAMS_MAX, &words->grams);
    if (words->gram_count == 0)
        return call_fail_field(c, "query", "TOO_SHORT", "2文字以上で検索してください。",
                               "Search for two characters or more.");
    char *rest = NULL;
    for (char *word = strtok_r(folded, " ", &rest); word && words->count < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        if (!words->first)
            words->first = word;
        words->pieces[words->count++] = like_pattern(c, word);
    }
    return ERR_OK;
}

static void put_lexeme(struct buf *out, const char *gram)
{
    buf_putc(out, '\'');
    for (const char *p = gram; *p; p++) {
        if (*p == '\'' || *p == '\\')
            buf_putc(out, *p);
        buf_putc(out, *p);
    }
}

// All bigrams in one of these buckets; or anywhere when lowest > highest.
static const char *tsquery(struct call *c, const struct words *words, int highest, int lowest)
{
    struct buf out = buf_in(&c->arena);
    if (lowest > highest) {
        for (size_t i = 0; i < words->gram_count; i++) {
            buf_puts(&out, i ? "&" : "");
            put_lexeme(&out, words->grams[i]);
            buf_putc(&out, '\'');
        }
        return buf_text(&out);
    }
    for (int bucket = highest; bucket >= lowest; bucket--) {
        buf_puts(&out, bucket == highest ? "(" : "|(");
        for (size_t i = 0; i < words->gram_count; i++) {
            buf_puts(&out, i ? "&" : "");
            put_lexeme(&out, words->grams[i]);
            buf_printf(&out, "%d'", bucket);
        }
        buf_putc(&out, ')');
    }
    return buf_text(&out);
}

static enum err read_buckets(struct call *c, int mode, int *ret_newest, int *ret_oldest)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_i16(c, (int16_t)mode)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_SEARCH_NEWEST_BUCKET, params, &rows));
    *ret_newest = (int)row_i64(rows, 0, rows_col(rows, "newest"));
    *ret_oldest = (int)row_i64(rows, 0, rows_col(rows, "oldest"));
    return ERR_OK;
}

static enum err scan(struct call *c, const struct words *words, const char *lexemes, int mode,
                     const struct search_place *below, int most, struct rows **ret_rows)
{
    const struct param params[] = {
        p_text(lexemes),
        p_texts(c, words->pieces, words->count),
        p_i16(c, (int16_t)mode),
        p_i32(c, below->bucket),
        p_bytes(below->id.bytes, 16),
        p_i32(c, most),
    };
    return db_query(c, Q_SEARCH_PAGE, params, ret_rows);
}

// A piece of the folded text around the first place, cut between characters.
static char *snippet_of(struct call *c, const char *folded, const char *word)
{
    const char *at = strstr(folded, word), *from = at ? at : folded;
    for (size_t back = 0; from > folded && (back < SNIPPET_BYTES || ((unsigned char)*from & 0xc0) == 0x80);
         back++)
        from--;
    size_t len = strlen(from), most = 3 * SNIPPET_BYTES;
    while (most < len && ((unsigned char)from[most] & 0xc0) == 0x80)
        most++;
    return arena_strndup(&c->arena, from, len < most ? len : most);
}

// Takes hits from rows until the page is full; ret_next is the last row looked at.
static int take_rows(struct call *c, const struct words *words, const struct rows *rows, int limit,
                     Sokuo__V1__SearchHit **hits, struct uuid *incidents, struct uuid *entries, int count,
                     struct search_place *ret_next)
{
    int journal = rows_col(rows, "journal_id"), folded = rows_col(rows, "folded");
    int incident = rows_col(rows, "incident_id"), bucket = rows_col(rows, "bucket");
    for (int i = 0; i < rows_count(rows) && count < limit; i++) {
        ret_next->bucket = (int)row_i64(rows, i, bucket);
        ret_next->id = row_uuid(rows, i, journal);
        if (row_is_null(rows, i, folded)) // not for this reader
            continue;
        Sokuo__V1__SearchHit *hit = hits[count] = call_alloc(c, sizeof *hit);
        sokuo__v1__search_hit__init(hit);
        hit->snippet = snippet_of(c, row_text(rows, i, folded), words->first);
        incidents[count] = row_uuid(rows, i, incident);
        entries[count] = ret_next->id;
        count++;
    }
    return count;
}

static enum err fill_hits(struct call *c, Sokuo__V1__SearchHit **hits, int count,
                          const struct uuid *incidents, const struct uuid *entries, int *ret_count)
{
    Sokuo__V1__Incident **found;
    int found_count;
    TRY(incident_many(c, incidents, count, &found, &found_count));
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, entries, count)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_SEARCH_ENTRIES, params, &rows));
    Sokuo__V1__Entry **entry;
    TRY(entry_rows(c, rows, rows_count(rows), &entry));
    *ret_count = 0;
    for (int i = 0; i < count; i++) {
        const char *id = msg_uuid(c, &incidents[i]), *entry_id = msg_uuid(c, &entries[i]);
        for (int k = 0; k < found_count && !hits[i]->incident; k++) {
            if (strcmp(found[k]->id, id) == 0)
                hits[i]->incident = found[k];
        }
        for (int k = 0; k < rows_count(rows) && !hits[i]->entry; k++) {
            if (strcmp(entry[k]->id, entry_id) == 0)
                hits[i]->entry = entry[k];
        }
        if (hits[i]->incident) // the first wall
            hits[(*ret_count)++] = hits[i];
    }
    return ERR_OK;
}

enum err search_incidents(struct call *c, const char *query, int mode, const struct search_place *after,
                          int limit, Sokuo__V1__SearchHit ***ret_hits, int *ret_count,
                          struct search_place *ret_next, bool *ret_more)
{
    struct words words = {0};
    TRY(split_words(c, query, &words));
    int newest, oldest, count = 0;
    TRY(read_buckets(c, mode, &newest, &oldest));
    Sokuo__V1__SearchHit **hits = msg_list(c, limit);
    struct uuid *incidents = call_alloc(c, (size_t)limit * sizeof *incidents);
    struct uuid *entries = call_alloc(c, (size_t)limit * sizeof *entries);

    // A common word fills the page from the newest bucket; the rarer it proves, the wider the next step, and
    // what is rare in the newest is looked up everywhere at once.
    struct search_place place = *after;
    int highest = place.bucket < newest ? place.bucket : newest, width = 1;
    int most = 2 * limit + 20; // more for those who see little of what is found
    bool is_done = newest == 0;
    for (int step = 0; step < STEPS_MAX && count < limit && !is_done; step++) {
        int lowest = highest - width + 1;
        bool is_everywhere = width > 4 || lowest <= oldest;
        struct rows *rows = NULL;
        TRY(scan(c, &words, is_everywhere ? tsquery(c, &words, 0, 1) : tsquery(c, &words, highest, lowest),
                 mode, &place, most, &rows));
        count = take_rows(c, &words, rows, limit, hits, incidents, entries, count, &place);
        bool is_exhausted = count < limit && rows_count(rows) < most;
        most = most * 2 < SCAN_MAX ? most * 2 : SCAN_MAX;
        if (!is_exhausted)
            continue;
        is_done = is_everywhere;
        highest = lowest - 1;
        width *= 4;
        place.bucket = lowest; // nothing at or above it is left
        memset(place.id.bytes, 0, sizeof place.id.bytes);
    }
    *ret_next = place;
    *ret_more = !is_done;
    *ret_hits = hits;
    *ret_count = 0;
    return count ? fill_hits(c, hits, count, incidents, entries, ret_count) : ERR_OK;
}

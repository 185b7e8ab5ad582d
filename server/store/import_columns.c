// SPDX-License-Identifier: Apache-2.0
#include "server/store/import_columns.h"

#include <string.h>

// --- words; the values are the numbers of the enums in proto/

static const struct import_word active_words[] = {
    {"有効", "true"},  {"在職", "true"},    {"使用中", "true"}, {"はい", "true"},   {"1", "true"},
    {"true", "true"},  {"無効", "false"},   {"廃止", "false"},  {"退職", "false"},  {"使用停止", "false"},
    {"休止", "false"}, {"いいえ", "false"}, {"0", "false"},     {"false", "false"}, {0},
};
static const struct import_word yes_words[] = {
    {"はい", "true"},
    {"私物", "true"},
    {"○", "true"},
    {"1", "true"},
    {"true", "true"},
    {"いいえ", "false"},
    {"公用", "false"},
    {"×", "false"},
    {"0", "false"},
    {"false", "false"},
    {0},
};
static const struct import_word unit_words[] = {
    {"実施機関", "1"},
    {"機関", "1"},
    {"organ", "1"},
    {"1", "1"},
    {"部局", "2"},
    {"部", "2"},
    {"department", "2"},
    {"2", "2"},
    {"課等", "3"},
    {"課", "3"},
    {"section", "3"},
    {"3", "3"},
    {0},
};
static const struct import_word rank_words[] = {
    {"特別職", "1"}, {"1", "1"}, {"部長級", "2"}, {"2", "2"},    {"課長級", "3"}, {"3", "3"},
    {"係長級", "4"}, {"4", "4"}, {"その他", "5"}, {"一般", "5"}, {"5", "5"},      {0},
};
static const struct import_word person_words[] = {
    {"職員", "1"},       {"staff", "1"},
    {"1", "1"},          {"会計年度任用職員", "2"},
    {"会計年度", "2"},   {"fixed_term", "2"},
    {"2", "2"},          {"特別職", "3"},
    {"special", "3"},    {"3", "3"},
    {"教職員", "4"},     {"teacher", "4"},
    {"4", "4"},          {"議員", "5"},
    {"councillor", "5"}, {"5", "5"},
    {"委員", "6"},       {"commissioner", "6"},
    {"6", "6"},          {"公営企業職員", "7"},
    {"公営企業", "7"},   {"public_enterprise", "7"},
    {"7", "7"},          {"委託事業者", "8"},
    {"委託", "8"},       {"contractor", "8"},
    {"8", "8"},          {0},
};
static const struct import_word tenure_words[] = {
    {"本務", "1"},       {"regular", "1"},
    {"1", "1"},          {"代行", "2"},
    {"acting", "2"},     {"2", "2"},
    {"兼務", "3"},       {"併任", "3"},
    {"concurrent", "3"}, {"3", "3"},
    {"委任", "4"},       {"delegated", "4"},
    {"4", "4"},          {0},
};
static const struct import_word contact_words[] = {
    {"携帯電話", "1"},
    {"携帯", "1"},
    {"mobile", "1"},
    {"1", "1"},
    {"電話", "2"},
    {"phone", "2"},
    {"2", "2"},
    {"電子メール", "3"},
    {"メール", "3"},
    {"mail", "3"},
    {"3", "3"},
    {"SMS", "4"},
    {"sms", "4"},
    {"4", "4"},
    {"庁内チャット", "5"},
    {"チャット", "5"},
    {"chat", "5"},
    {"5", "5"},
    {0},
};
static const struct import_word zone_words[] = {
    {"不明", "0"},
    {"0", "0"},
    {"マイナンバー利用事務系", "1"},
    {"個番系", "1"},
    {"mynumber", "1"},
    {"1", "1"},
    {"LGWAN接続系", "2"},
    {"LGWAN", "2"},
    {"lgwan", "2"},
    {"2", "2"},
    {"インターネット接続系", "3"},
    {"インターネット", "3"},
    {"internet", "3"},
    {"3", "3"},
    {"校務系", "4"},
    {"school_admin", "4"},
    {"4", "4"},
    {"学習系", "5"},
    {"school_learning", "5"},
    {"5", "5"},
    {"水道制御系", "6"},
    {"制御系", "6"},
    {"ot_water", "6"},
    {"6", "6"},
    {"紙・オフライン", "7"},
    {"紙", "7"},
    {"offline_paper", "7"},
    {"7", "7"},
    {"ガバメントクラウド", "8"},
    {"cloud_gov", "8"},
    {"8", "8"},
    {"外部クラウド", "9"},
    {"クラウド", "9"},
    {"SaaS", "9"},
    {"cloud_saas", "9"},
    {"9", "9"},
    {0},
};
static const struct import_word level_words[] = {
    {"不明", "0"}, {"0", "0"}, {"1", "1"}, {"2", "2"}, {0},
};
static const struct import_word role_words[] = {
    {"市長", "1"},
    {"mayor", "1"},
    {"ROLE_MAYOR", "1"},
    {"1", "1"},
    {"最高情報セキュリティ責任者", "2"},
    {"CISO", "2"},
    {"ciso", "2"},
    {"ROLE_CISO", "2"},
    {"2", "2"},
    {"副CISO", "3"},
    {"副最高情報セキュリティ責任者", "3"},
    {"vciso", "3"},
    {"ROLE_VCISO", "3"},
    {"3", "3"},
    {"統括情報セキュリティ責任者", "4"},
    {"統括", "4"},
    {"siso", "4"},
    {"ROLE_SISO", "4"},
    {"4", "4"},
    {"CSIRT責任者", "5"},
    {"csirt_lead", "5"},
    {"ROLE_CSIRT_LEAD", "5"},
    {"5", "5"},
    {"CSIRT副責任者", "6"},
    {"csirt_deputy", "6"},
    {"ROLE_CSIRT_DEPUTY", "6"},
    {"6", "6"},
    {"インシデントハンドラー", "7"},
    {"ハンドラー", "7"},
    {"handler", "7"},
    {"ROLE_HANDLER", "7"},
    {"7", "7"},
    {"CSIRT要員", "8"},
    {"csirt_member", "8"},
    {"ROLE_CSIRT_MEMBER", "8"},
    {"8", "8"},
    {"統一的な窓口", "9"},
    {"窓口", "9"},
    {"PoC", "9"},
    {"poc", "9"},
    {"ROLE_POC", "9"},
    {"9", "9"},
    {"当直", "10"},
    {"宿日直", "10"},
    {"duty_desk", "10"},
    {"ROLE_DUTY_DESK", "10"},
    {"10", "10"},
    {"情報セキュリティ責任者", "11"},
    {"iso", "11"},
    {"ROLE_ISO", "11"},
    {"11", "11"},
    {"情報セキュリティ管理者", "12"},
    {"所属長", "12"},
    {"ism", "12"},
    {"ROLE_ISM", "12"},
    {"12", "12"},
    {"情報システム管理者", "13"},
    {"sysmgr", "13"},
    {"ROLE_SYSMGR", "13"},
    {"13", "13"},
    {"情報システム担当者", "14"},
    {"sysop", "14"},
    {"ROLE_SYSOP", "14"},
    {"14", "14"},
    {"職員等", "15"},
    {"職員", "15"},
    {"staff", "15"},
    {"ROLE_STAFF", "15"},
    {"15", "15"},
    {"個人情報保護所管", "16"},
    {"個人情報", "16"},
    {"privacy", "16"},
    {"ROLE_PRIVACY", "16"},
    {"16", "16"},
    {"広報", "17"},
    {"pr", "17"},
    {"ROLE_PR", "17"},
    {"17", "17"},
    {"人事", "18"},
    {"hr", "18"},
    {"ROLE_HR", "18"},
    {"18", "18"},
    {"法務", "19"},
    {"legal", "19"},
    {"ROLE_LEGAL", "19"},
    {"19", "19"},
    {"庁舎管理", "20"},
    {"facility", "20"},
    {"ROLE_FACILITY", "20"},
    {"20", "20"},
    {"防災危機管理", "21"},
    {"防災", "21"},
    {"eoc", "21"},
    {"ROLE_EOC", "21"},
    {"21", "21"},
    {"上下水道局", "22"},
    {"水道", "22"},
    {"water", "22"},
    {"ROLE_WATER", "22"},
    {"22", "22"},
    {"教育委員会側責任者", "23"},
    {"教育", "23"},
    {"edu", "23"},
    {"ROLE_EDU", "23"},
    {"23", "23"},
    {"情報セキュリティ監査統括責任者", "24"},
    {"監査", "24"},
    {"auditor", "24"},
    {"ROLE_AUDITOR", "24"},
    {"24", "24"},
    {"委託事業者", "25"},
    {"委託", "25"},
    {"contractor", "25"},
    {"ROLE_CONTRACTOR", "25"},
    {"25", "25"},
    {"システム管理者", "26"},
    {"管理者", "26"},
    {"admin", "26"},
    {"ROLE_ADMIN", "26"},
    {"26", "26"},
    {"情報セキュリティ委員会", "27"},
    {"委員会", "27"},
    {"committee", "27"},
    {"ROLE_COMMITTEE", "27"},
    {"27", "27"},
    {0},
};

// --- columns

static const struct import_column unit_columns[] = {
    {.names = "組織コード|unit_code|code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "区分|kind", .type = IMPORT_WORD, .is_required = true, .fallback = "", .words = unit_words},
    {.names = "名称|組織名|name", .type = IMPORT_TEXT, .is_required = true, .fallback = "", .max_chars = 100},
    {.names = "上位組織コード|parent_code", .type = IMPORT_CODE, .is_required = false, .fallback = ""},
    {.names = "電話|代表電話|phone",
     .type = IMPORT_TEXT,
     .is_required = false,
     .fallback = "",
     .max_chars = 30},
    {.names = "状態|active", .type = IMPORT_WORD, .fallback = "true", .words = active_words},
};
static const struct import_column post_columns[] = {
    {.names = "職コード|post_code|code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "職名|name", .type = IMPORT_TEXT, .is_required = true, .fallback = "", .max_chars = 100},
    {.names = "組織コード|unit_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "職位|rank", .type = IMPORT_WORD, .is_required = false, .fallback = "5", .words = rank_words},
    {.names = "状態|active", .type = IMPORT_WORD, .fallback = "true", .words = active_words},
};
static const struct import_column person_columns[] = {
    {.names = "職員番号|person_code|code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "氏名|name", .type = IMPORT_TEXT, .is_required = true, .fallback = "", .max_chars = 100},
    {.names = "ふりがな|フリガナ|カナ|kana",
     .type = IMPORT_TEXT,
     .is_required = false,
     .fallback = "",
     .max_chars = 100},
    {.names = "職員区分|区分|kind",
     .type = IMPORT_WORD,
     .is_required = false,
     .fallback = "1",
     .words = person_words},
    {.names = "状態|active", .type = IMPORT_WORD, .fallback = "true", .words = active_words},
};
static const struct import_column tenure_columns[] = {
    {.names = "職員番号|person_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "職コード|post_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "任用区分|kind",
     .type = IMPORT_WORD,
     .is_required = false,
     .fallback = "1",
     .words = tenure_words},
    {.names = "開始日|発令日|first_day", .type = IMPORT_DAY, .fallback = ""},
    {.names = "最終日|終了日|last_day", .type = IMPORT_DAY, .fallback = ""},
};
static const struct import_column role_columns[] = {
    {.names = "職コード|post_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "役割|role", .type = IMPORT_WORD, .is_required = true, .fallback = "", .words = role_words},
    {.names = "範囲コード|scope_code", .type = IMPORT_CODE, .is_required = false, .fallback = ""},
    {.names = "開始日|first_day", .type = IMPORT_DAY, .fallback = ""},
    {.names = "最終日|終了日|last_day", .type = IMPORT_DAY, .fallback = ""},
};
// The first four say which place it is.
static const struct import_column succession_columns[] = {
    {.names = "役割|role", .type = IMPORT_WORD, .is_required = true, .fallback = "", .words = role_words},
    {.names = "範囲コード|scope_code", .type = IMPORT_CODE, .is_required = false, .fallback = ""},
    {.names = "開始日|first_day", .type = IMPORT_DAY, .fallback = ""},
    {.names = "順位|rank", .type = IMPORT_NUMBER, .is_required = true, .fallback = ""},
    {.names = "職コード|post_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "理由|reason", .type = IMPORT_TEXT, .is_required = false, .fallback = "", .max_chars = 500},
};
static const struct import_column contact_columns[] = {
    {.names = "職員番号|person_code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "種別|kind", .type = IMPORT_WORD, .is_required = true, .fallback = "", .words = contact_words},
    {.names = "連絡先|address", .type = IMPORT_TEXT, .is_required = true, .fallback = "", .max_chars = 200},
    {.names = "順位|priority", .type = IMPORT_NUMBER, .fallback = "1"},
    {.names = "私物|private",
     .type = IMPORT_WORD,
     .is_required = false,
     .fallback = "false",
     .words = yes_words},
};
static const struct import_column system_columns[] = {
    {.names = "システムコード|system_code|code", .type = IMPORT_CODE, .is_required = true, .fallback = ""},
    {.names = "システム名|name", .type = IMPORT_TEXT, .is_required = true, .fallback = "", .max_chars = 100},
    {.names = "所管組織コード|section_code", .type = IMPORT_CODE, .is_required = false, .fallback = ""},
    {.names = "ネットワーク|zone",
     .type = IMPORT_WORD,
     .is_required = false,
     .fallback = "0",
     .words = zone_words},
    {.names = "可用性|availability",
     .type = IMPORT_WORD,
     .is_required = false,
     .fallback = "0",
     .words = level_words},
    {.names = "状態|active", .type = IMPORT_WORD, .fallback = "true", .words = active_words},
};

#define COLUMNS(array) sizeof(array) / sizeof(array)[0], array
static const struct import_format formats[IMPORT_KINDS] = {
    [IMPORT_UNITS] = {IMPORT_UNITS, "組織", "organisation", Q_IMPORT_UNITS, true, 1, COLUMNS(unit_columns)},
    [IMPORT_POSTS] = {IMPORT_POSTS, "職", "posts", Q_IMPORT_POSTS, false, 1, COLUMNS(post_columns)},
    [IMPORT_PERSONS] = {IMPORT_PERSONS, "職員", "people", Q_IMPORT_PERSONS, false, 1,
                        COLUMNS(person_columns)},
    [IMPORT_TENURES] = {IMPORT_TENURES, "任用(異動)", "tenures", Q_IMPORT_TENURES, false, 4,
                        COLUMNS(tenure_columns)},
    [IMPORT_ROLES] = {IMPORT_ROLES, "役割", "duties", Q_IMPORT_ROLES, false, 4, COLUMNS(role_columns)},
    [IMPORT_CONTACTS] = {IMPORT_CONTACTS, "連絡先", "contact points", Q_IMPORT_CONTACTS, false, 3,
                         COLUMNS(contact_columns)},
    [IMPORT_SYSTEMS] = {IMPORT_SYSTEMS, "情報システム", "systems", Q_IMPORT_SYSTEMS, false, 1,
                        COLUMNS(system_columns)},
    [IMPORT_SUCCESSION] = {IMPORT_SUCCESSION, "代行順位", "orders of succession", Q_IMPORT_SUCCESSION, false,
                           4, COLUMNS(succession_columns)},
};

// --- looking up

const struct import_format *import_format_of(enum import_kind kind)
{
    return kind > IMPORT_UNKNOWN && kind < IMPORT_KINDS ? &formats[kind] : NULL;
}

const char *import_column_name(struct call *c, const struct import_column *column)
{
    return arena_strndup(&c->arena, column->names, strcspn(column->names, "|"));
}

static bool is_name_of(const char *names, const char *text)
{
    size_t len = strlen(text);
    while (*names) {
        size_t name_len = strcspn(names, "|");
        if (name_len == len && strncasecmp(names, text, len) == 0)
            return true;
        names += name_len + (names[name_len] == '|');
    }
    return false;
}

int import_column_find(const struct import_column *column, const char *const *header, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_name_of(column->names, header[i]))
            return i;
    }
    return -1;
}

// Columns found; -1 when a required one is missing.
static int matches(const struct import_format *format, const char *const *header, int count)
{
    int found = 0;
    for (int i = 0; i < format->column_count; i++) {
        const struct import_column *column = &format->columns[i];
        if (import_column_find(column, header, count) >= 0)
            found++;
        else if (column->is_required)
            return -1;
    }
    return found;
}

const struct import_format *import_format_guess(const char *const *header, int count)
{
    const struct import_format *best = NULL;
    int most = 0;
    for (int kind = IMPORT_UNKNOWN + 1; kind < IMPORT_KINDS; kind++) {
        int found = matches(&formats[kind], header, count);
        if (found > most) {
            most = found;
            best = &formats[kind];
        }
    }
    return best;
}

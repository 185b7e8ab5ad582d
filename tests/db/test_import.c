// SPDX-License-Identifier: Apache-2.0
// CSV files of the organisation: the demo city, and files with all that goes wrong.
#include "tests/support/cmocka_all.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/store/bootstrap_store.h"
#include "server/store/import_store.h"
#include "server/store/migrate.h"
#include "server/store/secret.h"
#include "tests/support/db_test.h"

static struct uuid tenant_id;

// --- one import on a fiber; what the test looks at is copied out

static struct {
    const char *data;
    size_t len;
    struct import_options options;
    enum err err;
    struct import_result result; /* counts only */
    char faults[4000];           /* "line column: reason" one a line */
    char faulty_csv[20000];
    char encoding[16], error[300];
} job;

static void begin_call(struct call *c)
{
    call_begin(c, db_test_db, 256 << 20);
    c->actor =
        (struct actor){.is_known = true, .is_system = true, .tenant_id = tenant_id, .person_name = "試験"};
}

static void import_on_fiber(void *arg)
{
    struct call c;
    begin_call(&c);
    job.err = import_run(&c, job.data, job.len, &job.options, &job.result);
    job.faults[0] = job.faulty_csv[0] = '\0';
    snprintf(job.error, sizeof job.error, "%s", c.error_en ? c.error_en : "");
    snprintf(job.encoding, sizeof job.encoding, "%s", job.result.encoding ? job.result.encoding : "");
    for (int i = 0; job.err == ERR_OK && i < job.result.fault_count; i++) {
        const struct import_fault *f = &job.result.faults[i];
        size_t used = strlen(job.faults);
        snprintf(job.faults + used, sizeof job.faults - used, "%d %s: %s\n", f->line, f->column,
                 f->reason_ja);
    }
    if (job.err == ERR_OK)
        snprintf(job.faulty_csv, sizeof job.faulty_csv, "%s", job.result.faulty_csv);
    call_end(&c);
}

static void import_data(const char *data, size_t len, enum import_kind kind, bool dry_run)
{
    job.data = data;
    job.len = len;
    job.options = (struct import_options){.kind = kind, .dry_run = dry_run};
    db_test_run(import_on_fiber, NULL);
}

static void import_text(const char *text)
{
    import_data(text, strlen(text), IMPORT_UNKNOWN, false);
}

static void assert_counts(int added, int changed, int unchanged, int faults)
{
    if (job.err != ERR_OK)
        print_message("%s\n", job.error);
    assert_int_equal(job.err, ERR_OK);
    if (job.result.fault_count != faults)
        print_message("%s", job.faults);
    assert_int_equal(job.result.fault_count, faults);
    assert_int_equal(job.result.added, added);
    assert_int_equal(job.result.changed, changed);
    assert_int_equal(job.result.unchanged, unchanged);
}

// --- files

static char *read_demo(const char *name, size_t *ret_len)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s.csv", getenv("SOKUO_DEMO_DIR"), name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    char *data = malloc(1 << 20);
    *ret_len = fread(data, 1, 1 << 20, in);
    fclose(in);
    return data;
}

static const char *const demo[] = {"units",   "posts", "persons",  "tenures",
                                   "systems", "roles", "contacts", "succession"};

static void test_the_demo_city_loads_and_loading_it_again_changes_nothing(void **state)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof demo / sizeof demo[0]; i++) {
            size_t len = 0;
            char *data = read_demo(demo[i], &len);
            import_data(data, len, IMPORT_UNKNOWN, false);
            free(data);
            assert_counts(round == 0 ? job.result.lines : 0, 0, round == 0 ? 0 : job.result.lines, 0);
            assert_true(job.result.lines > 50);
            assert_string_equal(job.encoding, "UTF-8");
        }
    }
    assert_string_equal(db_test_admin("SELECT count(*) FROM sokuo.person WHERE code <> 'sokuo-admin'"),
                        "1323");
    assert_string_equal(
        db_test_admin("SELECT count(*) > 1300 FROM sokuo.journal WHERE kind = 'person.saved'"), "t");
    assert_string_equal(
        db_test_admin("SELECT count(*) FROM sokuo.journal WHERE changes::text LIKE '%example.jp%'"), "0");
}

static void test_an_order_of_succession_is_taken_whole_or_not_at_all(void **state)
{
    const char *count = "SELECT count(*) FROM sokuo.succession";
    char before[20];
    snprintf(before, sizeof before, "%s", db_test_admin(count));
    import_text("役割,範囲コード,開始日,順位,職コード\n"
                "広報,,2030-04-01,1,PS-03-2\n"
                "広報,,2030-04-01,2,NOWHERE\n"
                "人事,,2030-04-01,1,PS-07-2\n"
                "人事,,2030-04-01,3,PS-07-3\n"
                "法務,,2030-04-01,1,PS-10-2\n");
    assert_counts(0, 0, 0, 5);
    assert_non_null(strstr(job.faults, "3 職コード: この職コードは登録されていません。"));
    assert_non_null(strstr(job.faults, "2 : 同じ順位表のほかの行に誤りがある"));
    assert_non_null(strstr(job.faults, "5 順位: 順位が1から続いていません。"));
    assert_non_null(strstr(job.faults, "6 順位: 代行者が2人未満です。"));
    assert_string_equal(db_test_admin(count), before);
}

static void test_a_new_order_of_succession_holds_from_its_day_on(void **state)
{
    const char *file = "役割,順位,職コード,開始日,理由\n"
                       "法務,1,PS-10-3,2030-04-01,欠員のため\n";
    import_text(file);
    assert_counts(0, 1, 0, 0);
    import_text(file);
    assert_counts(0, 0, 1, 0);
    assert_string_equal(db_test_admin("SELECT string_agg(valid_from || ' ' || override_reason, ',' ORDER BY "
                                      "valid_from) FROM sokuo.succession WHERE role = 19"),
                        "2024-04-01 ,2030-04-01 欠員のため");
}

static void test_cp932_is_the_same_as_utf_8(void **state)
{
    size_t len = 0;
    char *data = read_demo("persons", &len), *in = data + 3, *out = malloc(len), *at = out; /* without BOM */
    size_t in_left = len - 3, out_left = len;
    iconv_t cd = iconv_open("CP932", "UTF-8");
    assert_int_equal(iconv(cd, &in, &in_left, &at, &out_left), 0);
    iconv_close(cd);
    import_data(out, (size_t)(at - out), IMPORT_PERSONS, false);
    free(data);
    free(out);
    assert_string_equal(job.encoding, "CP932");
    assert_counts(0, 0, job.result.lines, 0);
}

static void test_a_dry_run_counts_and_writes_nothing(void **state)
{
    const char *file = "職員番号,氏名\n90001,試験 一郎\n10001,改名 した\n";
    import_data(file, strlen(file), IMPORT_UNKNOWN, true);
    assert_counts(1, 1, 0, 0);
    assert_string_equal(
        db_test_admin("SELECT count(*) FROM sokuo.person WHERE code = '90001' OR name = '改名 した'"), "0");
}

static void test_good_lines_are_taken_and_bad_ones_come_back(void **state)
{
    import_text("氏名,職員番号,ふりがな,備考,区分\n"
                "試験 花子,91001,しけん はなこ,,職員\n"
                ",91002,,,\n"
                "試験 次郎,91003,,,社長\n"
                "試験 三郎,91001,,,\n"
                "試験 四郎,あ123456789012345678901234567890,,,\n"
                "\"試験\n五郎\",91005,,,議員\n"
                "試験 六郎,　91006 ,,\"a,\"\"b\",議員\n");
    assert_counts(2, 0, 0, 5);
    assert_string_equal(job.faults,
                        "3 氏名: 空欄です。必ず入力してください。\n"
                        "4 区分: 「社長」は使えません。次のどれかにしてください: "
                        "職員、会計年度任用職員、特別職、教職員、議員、委員、公営企業職員、委託事業者\n"
                        "5 職員番号: 2行目と同じものです。1行にまとめてください。\n"
                        "6 職員番号: 長すぎます(30文字まで)。\n"
                        "7 氏名: 改行やタブなどの制御文字は使えません。\n");
    assert_string_equal(
        db_test_admin("SELECT string_agg(code, ' ' ORDER BY code) FROM sokuo.person WHERE code LIKE '91%'"),
        "91001 91006");
    assert_int_equal(
        strncmp(job.faulty_csv, "\xef\xbb\xbf氏名,職員番号,ふりがな,備考,区分,取り込めなかった理由\r\n", 60),
        0);
    assert_non_null(strstr(job.faulty_csv, "試験 次郎,91003,,,社長,"));
    assert_null(strstr(job.faulty_csv, "試験 花子"));
}

static void test_the_file_of_bad_lines_can_be_corrected_and_imported(void **state)
{
    static char corrected[sizeof job.faulty_csv];
    import_text("職員番号,氏名,区分\n91011,試験 七郎,社長\n91012,試験 八郎,\n");
    assert_counts(1, 0, 0, 1);
    snprintf(corrected, sizeof corrected, "%s", job.faulty_csv);
    char *at = strstr(corrected, ",社長,");
    assert_non_null(at);
    memcpy(at, ",委員,", strlen(",委員,"));
    import_text(corrected);
    assert_counts(1, 0, 0, 0);
}

static void test_forty_wrong_lines_of_a_thousand_are_forty_faults(void **state)
{
    static char file[200000];
    size_t used = (size_t)snprintf(file, sizeof file, "職員番号,氏名\n");
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(file + used, sizeof file - used, "%d,%s\n", 20001 + i,
                                 i % 25 == 7 ? "" : "試験 太郎");
    import_text(file);
    assert_counts(960, 0, 0, 40);
    int lines = 0;
    for (const char *at = job.faulty_csv; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    assert_int_equal(lines, 41);
}

static void test_codes_that_do_not_exist_are_named(void **state)
{
    import_text("職コード,職名,組織コード,職位\nX-1,試験係長,NIX,係長級\nX-2,試験係長,S-01,係長級\n");
    assert_counts(1, 0, 0, 1);
    assert_string_equal(job.faults, "2 組織コード: この組織コードは登録されていません。\n");
    import_text(
        "職コード,役割,範囲コード\nX-2,所属長,S-01\nX-2,所属長,NIX\nNIX,所属長,\nX-2,大統領,\nX-2,hr,\n");
    assert_counts(2, 0, 0, 3);
    import_text("組織コード,区分,名称,上位組織コード\nZ-1,課,試験課,D-01\nZ-2,部局,試験部,S-01\nZ-3,課,"
                "迷子課,\nZ-4,実施機関,x,O-01\nZ-5,課,y,Z-6\n"
                "Z-6,部局,後から来る部,O-01\n");
    assert_counts(3, 0, 0, 3);
    import_text(
        "職員番号,種別,連絡先\n10001,携帯,090-0000-9999\nNIX,携帯,090-0000-9998\n10001,伝書鳩,屋上\n");
    assert_counts(1, 0, 0, 2);
    import_text("職員番号,種別,連絡先\n10001,携帯,０９０ ００００ "
                "９９９９\n10001,携帯,屋上\n10001,チャット,@mayor\n");
    assert_counts(1, 0, 1, 1);
}

// Numbers of those who hold post PS-09-1 on a day.
static const char *holder_on(const char *day)
{
    char sql[1000];
    snprintf(sql, sizeof sql,
             "SELECT string_agg(p.code, ' ' ORDER BY p.code) FROM sokuo.tenure t "
             "JOIN sokuo.person p ON p.id = t.person_id JOIN sokuo.post o ON o.id = t.post_id "
             "WHERE o.code = 'PS-09-1' AND t.valid_from <= date '%1$s' "
             "AND (t.valid_until IS NULL OR t.valid_until > date '%1$s')",
             day);
    return db_test_admin(sql);
}

static void test_a_transfer_in_the_future_changes_hands_on_that_day(void **state)
{
    import_text("職員番号,職コード,発令日\n91001,PS-09-1,2099/4/1\n");
    assert_counts(1, 0, 0, 0);
    assert_string_not_equal(holder_on("2099-03-31"), "91001");
    assert_string_equal(holder_on("2099-04-01"), "91001");
    import_text("職員番号,職コード,発令日\n91001,PS-09-1,2099/4/1\n");
    assert_counts(0, 0, 1, 0);
}

static void test_a_person_has_one_regular_post_and_a_post_one_regular_holder(void **state)
{
    import_text("職員番号,職コード,任用区分,開始日\n"
                "91006,X-2,本務,2098-04-01\n"
                "91006,PS-01-1,本務,2098-04-01\n"
                "91006,PS-01-1,兼務,2098-05-01\n"
                "91011,X-2,本務,2098-04-01\n"
                "91012,PS-01-9,本務,2098-04-01\n"
                "91011,PS-01-9,本務,2098-04-02\n"
                "91012,PS-01-9,,2098-04-01\n"
                "91012,PS-02-9,本務,2098-04-31\n"
                "91012,PS-02-9,本務,\n");
    assert_counts(5, 0, 0, 4);
    assert_string_equal(
        job.faults, "3 職コード: 同じ日に本務の職が二つあります。片方を兼務にしてください。\n"
                    "5 職コード: 同じ日に同じ職の本務が二人います。\n"
                    "8 職員番号: 6行目と同じものです。1行にまとめてください。\n"
                    "9 開始日: 「2098-04-31」は日付として読めません。2026-04-01 のように書いてください。\n");
}

static void test_a_line_without_a_day_means_what_holds_already(void **state)
{
    import_text("職コード,役割\nP-VMAYOR,CISO\n");
    assert_counts(0, 0, 1, 0);
    import_text("職員番号,職コード\n10002,P-VMAYOR\n");
    assert_counts(0, 0, 1, 0);
}

static void test_a_file_that_is_not_understood_is_refused_whole(void **state)
{
    static const char *const files[] = {"", "\n\n", "あ,い,う\n1,2,3\n", "職員番号\n1\n",
                                        "\"職員番号,氏名\n1,2\n"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        import_text(files[i]);
        assert_int_equal(job.err, ERR_INVALID_ARGUMENT);
    }
    import_data("職員番号,氏名\n1,2\n", strlen("職員番号,氏名\n1,2\n"), IMPORT_UNITS, false);
    assert_int_equal(job.err, ERR_INVALID_ARGUMENT);
    import_text("職員番号,氏名\n"); /* nothing but a header is fine */
    assert_counts(0, 0, 0, 0);
}

static void test_a_file_that_is_wrong_throughout_is_refused_before_it_costs_memory(void **state)
{
    char *text = malloc(200000), *at = text + sprintf(text, "職員番号,氏名,職員区分\n");
    for (int i = 0; i < 6000; i++)
        at += sprintf(at, "w%d,試験 職員,x\n", i);
    import_data(text, (size_t)(at - text), IMPORT_UNKNOWN, false);
    free(text);
    assert_int_equal(job.err, ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(job.error, "5000 faults"));
}

static void test_lines_that_are_no_csv_come_back(void **state)
{
    import_text("職員番号,氏名\n92001,\"開いた引用符\n92002,次の行\n");
    assert_int_equal(job.err, ERR_OK);
    assert_true(job.result.fault_count >= 1);
    static const char broken[] = "職員番号,氏名\n92003,\xe3\x81\x82\x81\n"; /* neither UTF-8 nor CP932 */
    import_data(broken, sizeof broken - 1, IMPORT_PERSONS, false);
    assert_true(job.err == ERR_INVALID_ARGUMENT || job.result.fault_count >= 1);
}

// --- frame

static void make_tenant(void *arg)
{
    struct call c;
    struct bootstrap first;
    begin_call(&c);
    *(bool *)arg = bootstrap_run(&c, "試験市", &first) == ERR_OK;
    tenant_id = first.tenant_id;
    call_end(&c);
}

static int begin(void **state)
{
    bool good = migrate_run(db_test_conninfo(), false) == ERR_OK && secret_begin(NULL), made = false;
    db_test_begin(NULL);
    db_test_run(make_tenant, &made);
    return good && made ? 0 : -1;
}

static int end(void **state)
{
    db_test_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_demo_city_loads_and_loading_it_again_changes_nothing),
        cmocka_unit_test(test_an_order_of_succession_is_taken_whole_or_not_at_all),
        cmocka_unit_test(test_a_new_order_of_succession_holds_from_its_day_on),
        cmocka_unit_test(test_cp932_is_the_same_as_utf_8),
        cmocka_unit_test(test_a_dry_run_counts_and_writes_nothing),
        cmocka_unit_test(test_good_lines_are_taken_and_bad_ones_come_back),
        cmocka_unit_test(test_the_file_of_bad_lines_can_be_corrected_and_imported),
        cmocka_unit_test(test_forty_wrong_lines_of_a_thousand_are_forty_faults),
        cmocka_unit_test(test_codes_that_do_not_exist_are_named),
        cmocka_unit_test(test_a_transfer_in_the_future_changes_hands_on_that_day),
        cmocka_unit_test(test_a_person_has_one_regular_post_and_a_post_one_regular_holder),
        cmocka_unit_test(test_a_line_without_a_day_means_what_holds_already),
        cmocka_unit_test(test_a_file_that_is_not_understood_is_refused_whole),
        cmocka_unit_test(test_a_file_that_is_wrong_throughout_is_refused_before_it_costs_memory),
        cmocka_unit_test(test_lines_that_are_no_csv_come_back),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

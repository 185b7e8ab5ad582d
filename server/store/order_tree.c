// SPDX-License-Identifier: Apache-2.0
// Orders: the command tree, and the list to telephone.
#include <string.h>

#include "server/store/message.h"
#include "server/store/order_store.h"

#define UNITS_MOST 1000

static int number(const struct rows *rows, int row, const char *name)
{
    return (int)row_i64(rows, row, rows_col(rows, name));
}

// --- tree ---

struct branch {
    Sokuo__V1__CommandTreeRow *row;
    struct uuid id, parent_id, head_id;
    const char *code;
    int kind; // UnitKind; 0 = the whole city
    bool is_placed;
};

static struct branch take_branch(struct call *c, const struct rows *rows, int i)
{
    struct branch b = {.row = call_alloc(c, sizeof *b.row),
                       .id = row_uuid(rows, i, rows_col(rows, "unit_id")),
                       .parent_id = row_uuid(rows, i, rows_col(rows, "parent_id")),
                       .head_id = row_uuid(rows, i, rows_col(rows, "head_id")),
                       .code = row_text(rows, i, rows_col(rows, "code")),
                       .kind = number(rows, i, "kind")};
    sokuo__v1__command_tree_row__init(b.row);
    b.row->unit = msg_ref(c, b.id, row_text(rows, i, rows_col(rows, "name")));
    b.row->depth = b.kind == 0 ? 0 : b.kind == 3 ? 2 : 1;
    b.row->person_count = number(rows, i, "persons");
    b.row->person_answered_count = number(rows, i, "answered");
    b.row->person_unreachable_count = number(rows, i, "unreachable");
    return b;
}

static enum err put_heads(struct call *c, const struct uuid *order_id, struct branch *branches, int count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    int n = 0, found = 0;
    for (int i = 0; i < count; i++) {
        if (!uuid_is_nil(&branches[i].head_id))
            ids[n++] = branches[i].head_id;
    }
    struct order_person *heads = NULL;
    TRY(order_people_of(c, order_id, ids, n, &heads, &found));
    TRY(order_put_answers(c, heads, found, true));
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < found; k++) {
            if (uuid_equal(&heads[k].id, &branches[i].head_id))
                branches[i].row->head = &heads[k].m;
        }
    }
    return ERR_OK;
}

static void add_up(Sokuo__V1__CommandTreeRow *to, const Sokuo__V1__CommandTreeRow *from)
{
    to->person_count += from->person_count;
    to->person_answered_count += from->person_answered_count;
    to->person_unreachable_count += from->person_unreachable_count;
}

// Sections under their department, departments under the city; a section of an organ without departments
// stands after them.
static int put_below(struct branch *branches, int count, struct branch *above,
                     Sokuo__V1__CommandTreeRow **ret)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct branch *b = &branches[i];
        if (b->kind != 3 || uuid_is_nil(&above->id) || !uuid_equal(&b->parent_id, &above->id))
            continue;
        b->is_placed = true;
        add_up(above->row, b->row);
        ret[n++] = b->row;
    }
    return n;
}

static int put_in_order(struct branch *branches, int count, Sokuo__V1__CommandTreeRow **ret)
{
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (branches[i].kind == 3)
            continue;
        ret[n++] = branches[i].row;
        n += put_below(branches, count, &branches[i], ret + n);
    }
    for (int i = 0; i < count; i++) {
        if (branches[i].kind == 3 && !branches[i].is_placed)
            ret[n++] = branches[i].row;
    }
    return n;
}

static void add_city(struct branch *branches, int count)
{
    for (int i = 1; i < count; i++) {
        if (branches[0].kind == 0 && !branches[i].is_placed)
            add_up(branches[0].row, branches[i].row);
    }
}

static void make_city(struct call *c, struct branch *ret)
{
    *ret = (struct branch){.row = call_alloc(c, sizeof *ret->row)};
    sokuo__v1__command_tree_row__init(ret->row);
}

enum err order_tree(struct call *c, const struct uuid *order_id, bool sees_all,
                    Sokuo__V1__CommandTreeRow ***ret, int *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(order_id), p_bool(sees_all),
                                   p_uuid(&c->actor.person_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_TREE, params, &rows));
    int found = rows_count(rows) < UNITS_MOST ? rows_count(rows) : UNITS_MOST, count = 0;
    struct branch *branches = call_alloc(c, (size_t)(found + 1) * sizeof *branches);
    bool has_city = found > 0 && row_is_null(rows, 0, rows_col(rows, "unit_id"));
    if (sees_all && !has_city)
        make_city(c, &branches[count++]);
    for (int i = 0; i < found; i++)
        branches[count++] = take_branch(c, rows, i);
    TRY(put_heads(c, order_id, branches, count));
    *ret = msg_list(c, count + 1);
    *ret_count = put_in_order(branches, count, *ret);
    add_city(branches, count);
    return ERR_OK;
}

// --- telephone ---

static Sokuo__V1__ContactPoint *take_point(struct call *c, const struct rows *rows, int i)
{
    struct uuid id = row_uuid(rows, i, rows_col(rows, "id"));
    Sokuo__V1__ContactPoint *point = call_alloc(c, sizeof *point);
    sokuo__v1__contact_point__init(point);
    point->id = msg_uuid(c, &id);
    point->kind = (Sokuo__V1__ContactKind)number(rows, i, "kind");
    point->address = msg_text(row_text(rows, i, rows_col(rows, "address")));
    point->priority = number(rows, i, "priority");
    point->private_ = row_bool(rows, i, rows_col(rows, "private"));
    point->confirmed_at = msg_time(c, row_time(rows, i, rows_col(rows, "confirmed_at")));
    return point;
}

static int compare_uuid(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

// Rows are in the order of persons: the first of this one, or where it would stand.
static int first_row(const struct rows *rows, const struct uuid *person_id)
{
    int low = 0, high = rows_count(rows), column = rows_col(rows, "person_id");
    while (low < high) {
        int middle = low + (high - low) / 2;
        struct uuid id = row_uuid(rows, middle, column);
        if (compare_uuid(&id, person_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_points(struct call *c, const struct rows *rows, const struct order_person *person,
                       Sokuo__V1__TelephoneLine *line)
{
    int first = first_row(rows, &person->person_id), end = first;
    for (; end < rows_count(rows); end++) {
        struct uuid id = row_uuid(rows, end, rows_col(rows, "person_id"));
        if (!uuid_equal(&id, &person->person_id))
            break;
    }
    line->contacts = msg_list(c, end - first + 1);
    for (int i = first; i < end; i++)
        line->contacts[line->n_contacts++] = take_point(c, rows, i);
}

enum err order_telephone(struct call *c, struct order_person *people, int count, bool sees_numbers,
                         Sokuo__V1__TelephoneLine ***ret, int *ret_count)
{
    struct uuid *ids = call_alloc(c, (size_t)count * sizeof *ids + 1);
    int n = 0;
    for (int i = 0; i < count; i++) {
        if ((sees_numbers || people[i].is_led) && !uuid_is_nil(&people[i].person_id))
            ids[n++] = people[i].person_id;
    }
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuids(c, ids, n)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_ORDER_PHONES, params, &rows));
    *ret = msg_list(c, count + 1);
    *ret_count = count;
    for (int i = 0; i < count; i++) {
        Sokuo__V1__TelephoneLine *line = (*ret)[i] = call_alloc(c, sizeof *line);
        sokuo__v1__telephone_line__init(line);
        line->addressee = &people[i].m;
        line->section = people[i].m.unit;
        line->department = people[i].m.department;
        line->section_phone = msg_text(people[i].unit_phone);
        put_points(c, rows, &people[i], line);
    }
    return ERR_OK;
}

// SPDX-License-Identifier: Apache-2.0
// Shipped texts of orders (domain reference 2.5, 4, 9): three taps to an order. {…} is filled in by who gives
// it.
#include "server/rpc/order_show.h"
#include "server/store/message.h"

#define TARGETS_MOST 4

struct template
{
    const char *id, *name_ja, *name_en, *text_ja, *text_en;
    int due_minutes;
    bool wants_acceptance;
    struct {
        int kind, role;
    } targets[TARGETS_MOST];
};

// clang-format off
#define DUTY(role) {ORDER_TARGET(DUTY), ROLE(role)}
#define EVERYBODY {DUTY(ISO), DUTY(ISM), {ORDER_TARGET(ALL), 0}}
#define HEADS {DUTY(ISO), DUTY(ISM)}
#define SECTION_HEADS {DUTY(ISM)}
#define TEAM {{ORDER_TARGET(TEAM), 0}}

static const struct template templates[] = {
    {"power-off", "PCの電源を入れない", "Leave computers off",
     "PCの電源を入れないでください。\n入っている場合は切らずにLANケーブルを抜いてください。\n次の指示まで待ってください。",
     "Do not switch your computer on.\nIf it is on, leave it on and pull the network cable.\nWait for the next order.",
     0, false, EVERYBODY},
    {"unplug", "LANケーブルを抜く", "Pull the network cable",
     "全端末のLANケーブルを抜いてください。\n電源は切らないでください。\n所属長は課内を確かめて完了を報告してください。",
     "Pull the network cable of every computer.\nDo not switch them off.\nHeads check their section and report when done.",
     15, true, EVERYBODY},
    {"muster", "参集", "Come in",
     "{場所}に参集してください。\n来られる時刻を回答の備考に入れてください。",
     "Come to {place}.\nSay in your answer when you can be there.",
     30, true, TEAM},
    {"safety", "安否報告", "Report that you are safe",
     "安否と出勤の可否を回答してください。\n無事なら「完了」、来られないときは「できない」と理由を。",
     "Say whether you are safe and can come.\nSafe: answer \"done\". Cannot come: answer \"cannot\" and why.",
     60, false, EVERYBODY},
    {"head-count", "在席の取りまとめ", "Count who is there",
     "課ごとに在席・負傷・不明の人数を取りまとめてください。\n課員の分は所属長が代理で回答してください。",
     "Count who is present, hurt or missing in your section.\nHeads answer on behalf of their staff.",
     30, true, SECTION_HEADS},
    {"paper-desk", "窓口は手書き様式", "Paper forms at the counters",
     "{業務}の窓口は手書き様式に切り替えてください。\n受付簿に時刻を書き、控えを残してください。",
     "Switch the counters of {service} to paper forms.\nWrite the time into the register and keep a copy.",
     60, true, SECTION_HEADS},
    {"stop-system", "システムの利用停止", "Stop using a system",
     "{システム}を使わないでください。\n再開はこちらから知らせます。",
     "Do not use {system}.\nWe will tell you when it is available again.",
     0, false, EVERYBODY},
    {"password", "パスワードの変更", "Change passwords",
     "{対象}のパスワードを{時刻}までに変えてください。\n変えたら「完了」と答えてください。",
     "Change the password of {account} by {time}.\nAnswer \"done\" when you have.",
     240, true, EVERYBODY},
    {"suspicious-mail", "不審なメールを開かない", "Do not open suspicious mail",
     "「{件名}」のメールを開かないでください。\n開いた人は触らずに、所属長と窓口へ電話してください。",
     "Do not open mail with the subject \"{subject}\".\nIf you did: touch nothing, call your head and the contact desk.",
     0, false, EVERYBODY},
    {"preserve", "証拠の保全", "Preserve evidence",
     "{端末}の電源・画面・配線に触れないでください。\n写真を撮り、見張りを1人置いてください。",
     "Do not touch power, screen or cables of {computer}.\nTake a photo and leave somebody with it.",
     15, true, SECTION_HEADS},
    {"no-comment", "問合せへの対応", "Enquiries",
     "報道・外部からの問合せには答えず、広報へつないでください。\nSNSへの書込みもしないでください。",
     "Do not answer the press or anybody outside.\nPut them through to public relations. Do not post on social media.",
     0, false, EVERYBODY},
    {"restart", "業務の再開", "Resume work",
     "{業務}を{時刻}から再開してください。\n異常があれば止めて、すぐ窓口へ電話してください。",
     "Resume {service} at {time}.\nIf anything is odd, stop and call the contact desk at once.",
     0, true, HEADS},
    {"impact", "影響の報告", "Report the impact",
     "所属の業務への影響を報告してください。\n止まっている業務、代替の有無、困る時刻の3点を。",
     "Report what it means for your unit:\nwhat has stopped, what can be done instead, and until when that will do.",
     60, true, HEADS},
};
// clang-format on

static Sokuo__V1__OrderTarget *take_target(struct call *c, int kind, int role)
{
    Sokuo__V1__OrderTarget *target = call_alloc(c, sizeof *target);
    sokuo__v1__order_target__init(target);
    target->kind = (Sokuo__V1__OrderTargetKind)kind;
    target->role = (Sokuo__V1__Role)role;
    return target;
}

static Sokuo__V1__OrderTemplate *take_template(struct call *c, const struct template *t)
{
    Sokuo__V1__OrderTemplate *m = call_alloc(c, sizeof *m);
    bool is_english = c->lang == LANG_EN;
    sokuo__v1__order_template__init(m);
    m->id = msg_text(t->id);
    m->name = msg_text(is_english ? t->name_en : t->name_ja);
    m->text = msg_text(is_english ? t->text_en : t->text_ja);
    m->due_minutes = t->due_minutes;
    m->wants_acceptance = t->wants_acceptance;
    m->targets = msg_list(c, TARGETS_MOST);
    for (int i = 0; i < TARGETS_MOST && t->targets[i].kind != 0; i++)
        m->targets[m->n_targets++] = take_target(c, t->targets[i].kind, t->targets[i].role);
    return m;
}

void order_templates(struct call *c, Sokuo__V1__OrderTemplate ***ret, size_t *ret_count)
{
    *ret_count = sizeof templates / sizeof templates[0];
    *ret = msg_list(c, (int)*ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = take_template(c, &templates[i]);
}

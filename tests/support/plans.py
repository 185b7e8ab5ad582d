# SPDX-License-Identifier: Apache-2.0
"""Plans for stories, put into the database compiled: steps in the notation no|phase|target|role|after|flags|text.

Flags: ? decision, ! notice, # evidence, * approval afterwards. Targets count minutes; h and d are hours and days.
"""
import json
import subprocess
import uuid

from server import ROOT

PHASES = {"D": 1, "I": 2, "T": 3, "A": 4, "C": 5, "E": 6, "R": 7, "X": 8, "V": 9}
# PB-01 with the fragments that most plans end with (domain reference 4.2).
RANSOMWARE = """
01|D|+0|staff|-|#|画面・要求文・時刻を撮影
02|D|+5|staff|01||所属長とPoCへ電話
03|I|+15|poc|02|#|受付票起票・採番・クロノ開始
04|T|+25|handler|03||同種症状の台数と範囲を確認
05|T|+30|csirt_lead|04|?|zoneと拡大性を判定
06|C|+35|siso|05|?*|遮断順を決定
07|C|+45|sysop|06|#|遮断実施
08|A|+45|ciso|05|*|緊急時対応計画を発動、対策会議招集
09|A|+60|siso|08||全庁周知
10|I|+60|csirt_lead|05|!|県・SOC・J-LISへ第一報
11|I|+90|csirt_lead|05|!|県警へ通報
12|C|+120|handler|07|#|メモリ・ディスク保全
13|T|+120|privacy|05|?|保有個人情報の所在を確認
14|A|+120|ism|08||業務影響を申告し代替運用を開始
15|E|+6h|handler|12||侵入経路を特定
16|R|+8h|sysmgr|12|#|バックアップを検査
17|R|+24h|ciso|16|?|復旧方式を決定
18|E|+48h|sysmgr|15||全特権IDを更新
19|R|+3d|sysop|17,18||段階再開
20|R|+7d|siso|19|?*|遮断解除を判断
21|X|+21d|csirt_lead|20||終結起案
P1|T|+60|privacy|-|?|報告対象該当性を判定
P2|I|+3d|privacy|P1|!|個情委へ速報
P3|A|+5d|ism|P1|!|本人通知
P4|V|+30d|privacy|P2|!|確報
U1|A|+60|pr|-|?|公表基準に照らし判断
U2|A|+120|ciso|U1|*|文案承認
U3|A|+150|pr|U2|!|公表
U4|A|+24h|pr|U3|!|続報
K1|X|+0|csirt_lead|21|?|終結基準の充足確認
K2|X|+1d|ciso|K1|*|終結承認
K3|V|+7d|csirt_lead|K2||振返り会
K4|V|+30d|csirt_lead|K3||報告書
K5|V|+60d|committee|K4||委員会付議
"""
ORIGINS = {"P": 1, "U": 1, "K": 2}


def roles():
    """Numbers of the duties by their words: ism = 12."""
    found = {}
    with open(ROOT + "/proto/sokuo/v1/options.proto", encoding="utf-8") as text:
        for line in text:
            words = line.split()
            if len(words) == 3 and words[0].startswith("ROLE_") and words[1] == "=":
                found[words[0][5:].lower()] = int(words[2].rstrip(";"))
    return found


def minutes(target):
    scale = {"h": 60, "d": 1440}.get(target[-1], 1)
    return int(target.rstrip("hd")) * scale


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def steps_text(notation, extra):
    """Text format of the steps. extra: number → further fields in text format."""
    number = roles()
    out = []
    for line in notation.strip().splitlines():
        no, phase, target, role, after, flags, text = line.split("|")
        fields = [f"no: {quote(no)}", f"phase: {PHASES[phase]}", f"target_min: {minutes(target)}", f"role: {number[role]}",
                  f"origin: {ORIGINS.get(no[0], 0)}", f"text {{ ja: {quote(text)} en: {quote(text)} }}"]
        fields += [f"after: {quote(a)}" for a in after.split(",") if a != "-"]
        if "?" in flags and "decision" not in extra.get(no, ""):
            fields.append('decision { options { id: "yes" text { ja: "する" en: "yes" } } '
                          'options { id: "no" text { ja: "しない" en: "no" } } default_option: "yes" }')
        if "!" in flags:
            fields.append('notice { to { ja: "県" en: "the prefecture" } }')
        if "#" in flags:
            fields.append("evidence: true")
        if "*" in flags:
            fields.append("ratify_min: 1440")
        out.append("steps { " + " ".join(fields + [extra.get(no, "")]) + " }")
    return "\n".join(out)


def compiled(code, notation, extra=None, version="2026.1"):
    """The bytes of a compiled Playbook."""
    text = (f"id: {quote(code.lower())} code: {quote(code)} version: {quote(version)} "
            f"title {{ ja: {quote('計画 ' + code)} en: {quote('Plan ' + code)} }}\n" + steps_text(notation, extra or {}))
    return subprocess.run(["protoc", "--encode=sokuo.v1.Playbook", "-I", ROOT + "/proto", "sokuo/v1/playbook.proto"],
                          input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def put(city, code, notation, extra=None, version="2026.1"):
    """Makes it the effective revision of the plan."""
    blob = compiled(code, notation, extra, version)
    city.sql(f"""
      INSERT INTO sokuo.playbook (tenant_id, id, code) SELECT id, '{uuid.uuid4()}', '{code}' FROM sokuo.tenant
        ON CONFLICT DO NOTHING;
      INSERT INTO sokuo.playbook_revision (tenant_id, id, playbook_id, number, state, version, title_ja, title_en, source,
                                           source_sha256, compiled, effective_from)
      SELECT p.tenant_id, '{uuid.uuid4()}', p.id, 1 + (SELECT coalesce(max(number), 0) FROM sokuo.playbook_revision r
               WHERE r.playbook_id = p.id), 3, '{version}', '計画 {code}', 'Plan {code}', '', '', '\\x{blob.hex()}', sokuo.now()
        FROM sokuo.playbook p WHERE p.code = '{code}' AND p.organ_id IS NULL""")

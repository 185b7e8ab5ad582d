# SPDX-License-Identifier: Apache-2.0
"""Writes the CSV files of the demo city 常盤市 beside itself. Not needed to build or to run: the files are committed.

Every name, number and address is made up: telephone numbers of ranges that are not given out, addresses at example.jp.
The same program always writes the same files.
"""
import csv
import pathlib
import random

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(2026)
SINCE = "2024-04-01"

SURNAMES = """佐藤さとう 鈴木すずき 高橋たかはし 田中たなか 伊藤いとう 渡辺わたなべ 山本やまもと 中村なかむら 小林こばやし 加藤かとう
吉田よしだ 山田やまだ 佐々木ささき 山口やまぐち 松本まつもと 井上いのうえ 木村きむら 林はやし 斎藤さいとう 清水しみず 山崎やまさき 森もり
池田いけだ 橋本はしもと 阿部あべ 石川いしかわ 前田まえだ 藤田ふじた 後藤ごとう 岡田おかだ 長谷川はせがわ 村上むらかみ 近藤こんどう
石井いしい 坂本さかもと 遠藤えんどう 青木あおき 藤井ふじい 西村にしむら 福田ふくだ 太田おおた 三浦みうら 藤原ふじわら 岡本おかもと
松田まつだ 中川なかがわ 中野なかの 原田はらだ 小川おがわ 中島なかしま 竹内たけうち 金子かねこ 和田わだ 中山なかやま 石田いしだ 上田うえだ
森田もりた 原はら 柴田しばた 酒井さかい 工藤くどう 横山よこやま 宮崎みやざき 宮本みやもと 内田うちだ 高木たかぎ 安藤あんどう 谷口たにぐち
大野おおの 丸山まるやま 今井いまい 高田たかだ 藤本ふじもと 武田たけだ 村田むらた 上野うえの 杉山すぎやま 増田ますだ 平野ひらの 大塚おおつか
千葉ちば 久保くぼ 松井まつい 小島こじま 岩崎いわさき 野口のぐち 桜井さくらい 木下きのした 菊地きくち 佐野さの 野村のむら 松尾まつお
新井あらい 渡部わたべ 菅原すがわら 杉本すぎもと 大西おおにし 古川ふるかわ 浜田はまだ 市川いちかわ 水野みずの 小松こまつ 島田しまだ
吉川よしかわ 山内やまうち 西田にしだ 菊池きくち 西川にしかわ 北村きたむら 安田やすだ 五十嵐いがらし 河野こうの 末永すえなが 重本しげもと
縄田なわた 弘中ひろなか 国広くにひろ 岡村おかむら 田村たむら 藤村ふじむら 河村かわむら 三好みよし 白石しらいし 伊勢いせ""".split()
GIVEN = """健一けんいち 誠まこと 浩ひろし 隆たかし 明あきら 修おさむ 豊ゆたか 正樹まさき 和也かずや 直樹なおき 大輔だいすけ 達也たつや
健太けんた 翔太しょうた 拓也たくや 亮りょう 裕介ゆうすけ 雄一ゆういち 智之ともゆき 剛つよし 学まなぶ 淳じゅん 哲也てつや 勝かつ 茂しげる
清きよし 博之ひろゆき 秀樹ひでき 康弘やすひろ 俊介しゅんすけ 翼つばさ 蓮れん 大和やまと 悠斗ゆうと 颯太そうた 圭介けいすけ 慎吾しんご
陽介ようすけ 敦あつし 光みつる 恵子けいこ 京子きょうこ 洋子ようこ 幸子さちこ 和子かずこ 由美ゆみ 裕子ゆうこ 真由美まゆみ 直美なおみ
智子ともこ 久美子くみこ 明美あけみ 美穂みほ 香織かおり 恵めぐみ 愛あい 彩あや 美咲みさき 葵あおい 陽菜ひな 結衣ゆい 桜さくら 千尋ちひろ
麻衣まい 優子ゆうこ 沙織さおり 舞まい 奈々なな 真理まり 典子のりこ 純子じゅんこ 礼子れいこ 瞳ひとみ 早苗さなえ 亜希子あきこ 綾香あやか
友美ともみ 瑞穂みずほ 理恵りえ 里美さとみ 文ふみ 遥はるか""".split()

# 実施機関 → 部局 → 課等. "-" = 課等 directly below the organ.
CITY = {
    "市長部局": {
        "総合政策部": "政策調整課 秘書課 広報広聴課 行政経営課 統計課",
        "総務部": "総務課 人事課 職員厚生課 契約課 文書法制課",
        "デジタル推進部": "情報政策課 情報システム課 DX推進課",
        "財務部": "財政課 管財課 市民税課 資産税課 収納課",
        "危機管理部": "防災危機管理課 消防防災課",
        "市民部": "市民課 保険年金課 市民活動課 人権男女共同参画課 北部総合支所 南部市民センター",
        "環境部": "環境政策課 廃棄物対策課 環境保全センター 斎場管理課",
        "健康福祉部": "地域福祉課 生活支援課 障害福祉課 高齢者総合支援課 介護保険課 健康増進課 保健センター",
        "こども未来部": "こども政策課 保育幼稚園課 こども家庭課 子育て支援センター",
        "産業経済部": "商工振興課 企業立地課 観光交流課 労働雇用課",
        "農林水産部": "農業振興課 林務水産課 地籍調査課 北部農林事務所",
        "土木建設部": "道路整備課 河川港湾課 用地課 維持管理課 建築住宅課",
        "都市整備部": "都市計画課 公園緑地課 交通政策課 建築指導課",
        "会計管理室": "会計課 審査課",
    },
    "教育委員会": {
        "教育部": "教育総務課 学校教育課 学校給食課 社会教育課 図書館 文化財課 スポーツ振興課 青少年課 教育支援センター",
    },
    "上下水道局": {
        "上下水道局": "経営企画課 料金課 水道整備課 浄水課 下水道整備課 下水道施設課",
    },
    "議会": {"-": "議会事務局"},
    "選挙管理委員会": {"-": "選挙管理委員会事務局"},
    "監査委員": {"-": "監査委員事務局"},
    "農業委員会": {"-": "農業委員会事務局"},
}
SUBSECTIONS = {"情報政策課": ["情報セキュリティ係長", "情報基盤係長", "情報企画係長"], "文書法制課": ["法制係長", "情報公開係長"],
               "防災危機管理課": ["危機管理係長", "防災係長"], "市民課": ["窓口係長", "記録係長", "マイナンバー係長"]}
STAFF = {"市民課": 26, "保険年金課": 20, "生活支援課": 22, "介護保険課": 16, "市民税課": 16, "資産税課": 16, "収納課": 16, "情報政策課": 10,
         "情報システム課": 12, "北部総合支所": 24, "環境保全センター": 20, "学校給食課": 30, "保育幼稚園課": 40, "浄水課": 22, "図書館": 18,
         "水道整備課": 18, "維持管理課": 18, "健康増進課": 20, "保健センター": 18, "高齢者総合支援課": 16, "道路整備課": 14, "防災危機管理課": 10}
FEW = {"議会事務局": 6, "選挙管理委員会事務局": 4, "監査委員事務局": 3, "農業委員会事務局": 3, "秘書課": 4, "審査課": 4, "統計課": 4}

SYSTEMS = """住民記録システム 市民課 個番系 2|住民基本台帳ネットワーク 市民課 個番系 2|戸籍情報システム 市民課 個番系 2|戸籍附票システム 市民課 個番系 2
印鑑登録システム 市民課 個番系 2|証明書コンビニ交付 市民課 ガバメントクラウド 2|マイナンバーカード交付管理 市民課 個番系 2|中間サーバー接続 情報政策課 個番系 2
申請管理システム DX推進課 LGWAN 1|電子申請(ぴったりサービス) DX推進課 外部クラウド 1|国民健康保険システム 保険年金課 個番系 2|後期高齢者医療システム 保険年金課 個番系 2
国民年金システム 保険年金課 個番系 1|介護保険システム 介護保険課 個番系 2|介護認定支援システム 介護保険課 個番系 1|障害者福祉システム 障害福祉課 個番系 1
生活保護システム 生活支援課 個番系 2|福祉給付管理システム 地域福祉課 個番系 2|避難行動要支援者名簿 地域福祉課 個番系 2|児童手当システム こども家庭課 個番系 1
児童扶養手当システム こども家庭課 個番系 1|子ども・子育て支援システム 保育幼稚園課 LGWAN 1|保育業務支援システム 保育幼稚園課 外部クラウド 1|健康管理システム 健康増進課 個番系 1
予防接種管理システム 健康増進課 個番系 1|個人住民税システム 市民税課 個番系 2|法人市民税システム 市民税課 個番系 1|軽自動車税システム 市民税課 個番系 1
固定資産税システム 資産税課 個番系 1|家屋評価システム 資産税課 LGWAN 1|収納管理システム 収納課 個番系 2|滞納整理システム 収納課 個番系 1
eLTAX審査システム 市民税課 LGWAN 1|被災者台帳・罹災証明 市民税課 LGWAN 2|選挙人名簿・期日前投票 選挙管理委員会事務局 個番系 2|財務会計システム 会計課 LGWAN 2
公金振込データ伝送 会計課 LGWAN 2|契約管理・電子入札 契約課 LGWAN 1|公有財産管理システム 管財課 LGWAN 1|人事給与システム 人事課 LGWAN 2
庶務事務システム 人事課 LGWAN 1|文書管理・電子決裁 文書法制課 LGWAN 1|例規検索システム 文書法制課 インターネット 1|グループウェア 情報システム課 LGWAN 2
庁内メール・無害化 情報システム課 LGWAN 2|ファイルサーバー 情報システム課 LGWAN 2|仮想基盤 情報システム課 LGWAN 2|統合認証基盤 情報システム課 LGWAN 2
インターネット分離・仮想ブラウザー 情報システム課 インターネット 1|県情報セキュリティクラウド接続 情報政策課 インターネット 2|LGWAN接続ルーター 情報政策課 LGWAN 2|基幹業務バックアップ 情報システム課 個番系 2
公式ホームページ 広報広聴課 外部クラウド 2|公式SNS 広報広聴課 外部クラウド 1|職員安否確認・参集 防災危機管理課 外部クラウド 2|防災行政無線 防災危機管理課 不明 2
災害対策本部支援システム 防災危機管理課 インターネット 2|Lアラート・緊急速報 防災危機管理課 外部クラウド 2|電話交換機 管財課 不明 2|庁舎入退室管理 管財課 不明 1
水道監視制御(浄水場) 浄水課 制御系 2|下水道施設監視 下水道施設課 制御系 2|水道料金システム 料金課 LGWAN 1|校務支援システム 学校教育課 校務系 1
学習用端末管理 学校教育課 学習系 1|図書館システム 図書館 外部クラウド 1|公共施設予約 スポーツ振興課 外部クラウド 1|統合型GIS 都市計画課 LGWAN 1
火葬受付システム 斎場管理課 インターネット 1|ごみ収集案内アプリ 廃棄物対策課 外部クラウド 1""".replace("\n", "|").split("|")


def split_name(text):
    """"佐藤さとう" → ("佐藤", "さとう")."""
    at = next(i for i, ch in enumerate(text) if all("ぁ" <= c <= "ん" for c in text[i:]))
    return text[:at], text[at:]


class City:
    def __init__(self):
        self.units, self.posts, self.persons, self.tenures = [], [], [], []
        self.roles, self.contacts, self.systems, self.accounts = [], [], [], []
        self.succession = []
        self.section_codes, self.used, self.phone = {}, set(), 0
        self.holder = {}

    def name(self):
        while True:
            surname, given = split_name(RANDOM.choice(SURNAMES)), split_name(RANDOM.choice(GIVEN))
            full = f"{surname[0]} {given[0]}"
            if full not in self.used:
                self.used.add(full)
                return full, f"{surname[1]} {given[1]}"

    def person(self, post, kind="職員"):
        code = f"{10001 + len(self.persons)}"
        name, kana = self.name()
        self.persons.append([code, name, kana, kind, "在職"])
        self.tenures.append([code, post, "本務", SINCE, ""])
        self.holder.setdefault(post, code)
        return code

    def post(self, code, name, unit, rank, *roles):
        self.posts.append([code, name, unit, rank, "有効"])
        for role in roles:
            role, _, scope = role.partition("@")
            self.roles.append([code, role, scope, SINCE, ""])
        return code

    def reach(self, person, phone, private):
        number = int(person) - 10000
        self.contacts.append([person, "電話", phone, 2, "いいえ"])
        self.contacts.append([person, "携帯電話", f"090-0000-{number:04d}", 1, "はい" if private else "いいえ"])
        self.contacts.append([person, "電子メール", f"t{person}@city-tokiwa.example.jp", 3, "いいえ"])

    def stand_in(self, role, scope, *posts, reason=""):
        """Who stands in for the duty, the first first."""
        for rank, post in enumerate(posts, 1):
            self.succession.append([role, scope, SINCE, rank, post, reason])

    def next_phone(self):
        self.phone += 1
        return f"0836-00-{1000 + self.phone}"


def build_top(city):
    for code, name, kind, roles in [
            ("P-MAYOR", "市長", "特別職", ["市長"]),
            ("P-VMAYOR", "副市長", "特別職", ["CISO", "情報セキュリティ委員会"]),
            ("P-SUPT", "教育長", "特別職", ["情報セキュリティ委員会"]),
            ("P-WATER", "上下水道事業管理者", "特別職", ["情報セキュリティ委員会"])]:
        unit = {"P-SUPT": "O-06", "P-WATER": "O-07"}.get(code, "O-01")
        person = city.person(city.post(code, name, unit, "特別職", *roles), kind)
        city.reach(person, city.next_phone(), False)


DEPARTMENT_ROLES = {"総務部": ["副CISO"], "総合政策部": ["副CISO"], "デジタル推進部": ["SISO", "CSIRT責任者"],
                    "教育部": ["教育委員会側責任者"], "上下水道局": ["上下水道局"]}
SECTION_ROLES = {"情報政策課": ["CSIRT副責任者"], "広報広聴課": ["広報"], "人事課": ["人事"], "文書法制課": ["法務", "個人情報保護所管"],
                 "管財課": ["庁舎管理"], "防災危機管理課": ["防災危機管理"], "監査委員事務局": ["監査"], "浄水課": ["水道"]}
SUB_ROLES = {"情報セキュリティ係長": ["ハンドラー", "窓口"], "情報基盤係長": ["ハンドラー", "情報システム担当者", "システム管理者"],
             "情報企画係長": ["CSIRT要員", "窓口"], "危機管理係長": ["当直"], "法制係長": ["法務"], "情報公開係長": ["個人情報保護所管"]}
STAFF_ROLES = {"情報政策課": ["CSIRT要員"], "情報システム課": ["情報システム担当者"]}


def build_section(city, section, parent, code):
    phone = city.next_phone()
    city.units.append([code, "課等", section, parent, phone, "有効"])
    city.section_codes[section] = code
    is_office = section.endswith(("事務局", "センター", "支所", "図書館", "事務所"))
    title = {"事務局": "事務局長", "センター": "所長", "支所": "支所長", "図書館": "館長", "事務所": "所長"}
    head = next((section + "長" if k == "事務局" else section + v for k, v in title.items() if section.endswith(k)), section + "長")
    post = city.post(f"P{code}-1", head, code, "課長級", f"所属長@{code}", *SECTION_ROLES.get(section, []))
    city.reach(city.person(post), phone, True)
    deputy = city.post(f"P{code}-2", f"{section}{'次長' if is_office else '長補佐'}" if not is_office else f"{section}副長",
                       code, "係長級", *(["ハンドラー"] if section == "情報政策課" else []))
    city.reach(city.person(deputy), phone, True)
    for i, sub in enumerate(SUBSECTIONS.get(section, ["庶務係長", "業務係長"][:1 if section in FEW else 2])):
        name = sub if section in SUBSECTIONS else f"{section}{sub}"
        city.reach(city.person(city.post(f"P{code}-{3 + i}", name, code, "係長級", *SUB_ROLES.get(sub, []))), phone, True)
    staff = city.post(f"P{code}-9", f"{section}職員", code, "その他", *STAFF_ROLES.get(section, []))
    for _ in range(STAFF.get(section, FEW.get(section, RANDOM.randint(8, 12)))):
        kind = "公営企業職員" if parent == "D-16" else "会計年度任用職員" if RANDOM.random() < 0.18 else "職員"
        person = city.person(staff, kind)
        city.contacts.append([person, "電子メール", f"t{person}@city-tokiwa.example.jp", 1, "いいえ"])


def build_tree(city):
    organs = list(CITY)
    for number, organ in enumerate(["市長部局", "議会", "選挙管理委員会", "監査委員", "農業委員会", "教育委員会", "上下水道局"], 1):
        name = "公営企業(上下水道局)" if organ == "上下水道局" else organ
        city.units.append([f"O-{number:02d}", "実施機関", name, "", "0836-00-1000" if number == 1 else "", "有効"])
    order = {"市長部局": "O-01", "議会": "O-02", "選挙管理委員会": "O-03", "監査委員": "O-04", "農業委員会": "O-05", "教育委員会": "O-06",
             "上下水道局": "O-07"}
    build_top(city)
    department_number = section_number = 0
    for organ in organs:
        for department, sections in CITY[organ].items():
            parent = order[organ]
            if department != "-":
                department_number += 1
                parent = f"D-{department_number:02d}"
                city.units.append([parent, "部局", department, order[organ], city.next_phone(), "有効"])
                title = "会計管理者" if department == "会計管理室" else "上下水道局長" if department == "上下水道局" else department + "長"
                head = city.post(f"P{parent}-1", title, parent, "部長級", f"情報セキュリティ責任者@{parent}",
                                 "情報セキュリティ委員会", *DEPARTMENT_ROLES.get(department, []))
                city.reach(city.person(head), city.next_phone(), True)
                deputy = city.post(f"P{parent}-2", f"{department}次長", parent, "部長級",
                                   *(["SISO", "CSIRT副責任者"] if department == "デジタル推進部" else []))
                city.reach(city.person(deputy), city.next_phone(), True)
            for section in sections.split():
                section_number += 1
                build_section(city, section, parent, f"S-{section_number:02d}")


def build_rest(city):
    desk = city.post("P-DESK", "宿日直", city.section_codes["管財課"], "その他", "当直")
    for _ in range(6):
        city.reach(city.person(desk, "会計年度任用職員"), "0836-00-1000", False)
    for number, text in enumerate(SYSTEMS, 1):
        name, section, zone, level = text.split()
        code = f"SYS-{number:02d}"
        city.systems.append([code, name, city.section_codes[section], zone, level, "使用中"])
        city.roles.append([f"P{city.section_codes[section]}-1", "情報システム管理者", code, SINCE, ""])
    section = city.section_codes
    for login, post in [("ciso", "P-VMAYOR"), ("siso", "PD-03-1"), ("csirt", f"P{section['情報政策課']}-1"),
                        ("handler", f"P{section['情報政策課']}-3"), ("poc", f"P{section['情報政策課']}-5"), ("desk", "P-DESK"),
                        ("ism", f"P{section['市民課']}-1"), ("staff", f"P{section['市民課']}-9")]:
        city.accounts.append([login, city.holder[post]])


ALONE = "農業委員会事務局"  # too small for two deputies: the hole on purpose


def build_succession(city):
    """Two deputies and more for every duty; the chief of information security stands in for the CISO."""
    s = {name: f"P{code}" for name, code in city.section_codes.items()}
    policy, systems = s["情報政策課"], s["情報システム課"]
    for role, *posts in [
            ("市長", "P-VMAYOR", "PD-02-1", "PD-01-1"), ("CISO", "PD-03-1", "PD-02-1", "PD-01-1"),
            ("副CISO", "PD-03-1", "PD-02-2"), ("統括", f"{policy}-1", f"{systems}-1"),
            ("CSIRT責任者", "PD-03-2", f"{policy}-1", f"{systems}-1"), ("CSIRT副責任者", f"{systems}-1", f"{policy}-2"),
            ("ハンドラー", f"{systems}-2", f"{systems}-3"), ("窓口", f"{policy}-2", f"{systems}-2"),
            ("当直", f"{s['防災危機管理課']}-4", f"{s['防災危機管理課']}-2"), ("教育", "PD-15-2", f"{s['学校教育課']}-1"),
            ("水道", "PD-16-2", f"{s['浄水課']}-2"), ("管理者", f"{policy}-2", f"{systems}-2", f"{systems}-3")]:
        city.stand_in(role, "", *posts)
    for role, section in [("広報", "広報広聴課"), ("人事", "人事課"), ("法務", "文書法制課"), ("個人情報", "文書法制課"),
                          ("庁舎管理", "管財課"), ("防災", "防災危機管理課"), ("監査", "監査委員事務局")]:
        city.stand_in(role, "", f"{s[section]}-2", f"{s[section]}-3")
    for code, kind, name, parent, *_ in city.units:
        if kind == "部局":
            first = next(u[0] for u in city.units if u[3] == code)
            city.stand_in("情報セキュリティ責任者", code, f"P{code}-2", f"P{first}-1")
        elif kind == "課等" and name == ALONE:
            city.stand_in("所属長", code, f"P{code}-2", reason="職員3人の事務局で、代行できる職がほかにない。市長部局からの併任を協議中")
        elif kind == "課等":
            city.stand_in("所属長", code, f"P{code}-2", f"P{code}-3")
    for code, _, section, *_ in city.systems:
        city.stand_in("情報システム管理者", code, f"P{section}-2", f"P{section}-3")


def build_transfer(city):
    """A transfer of next spring, to try an import with days in the future: two heads change places, one leaves."""
    a, b = city.section_codes["財政課"], city.section_codes["契約課"]
    first, second = city.holder[f"P{a}-1"], city.holder[f"P{b}-1"]
    return [[first, f"P{b}-1", "本務", "令和9年4月1日", ""], [second, f"P{a}-1", "本務", "2027/4/1", ""],
            [city.holder[f"P{a}-2"], f"P{a}-2", "本務", SINCE, "2027-03-31"]]


def write(name, header, rows):
    with open(HERE / name, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    city = City()
    build_tree(city)
    build_rest(city)
    build_succession(city)
    write("units.csv", ["組織コード", "区分", "名称", "上位組織コード", "電話", "状態"], city.units)
    write("posts.csv", ["職コード", "職名", "組織コード", "職位", "状態"], city.posts)
    write("persons.csv", ["職員番号", "氏名", "ふりがな", "職員区分", "状態"], city.persons)
    write("tenures.csv", ["職員番号", "職コード", "任用区分", "開始日", "最終日"], city.tenures)
    write("systems.csv", ["システムコード", "システム名", "所管組織コード", "ネットワーク", "可用性", "状態"], city.systems)
    write("roles.csv", ["職コード", "役割", "範囲コード", "開始日", "最終日"], city.roles)
    write("contacts.csv", ["職員番号", "種別", "連絡先", "順位", "私物"], city.contacts)
    write("succession.csv", ["役割", "範囲コード", "開始日", "順位", "職コード", "理由"], city.succession)
    policy, systems = (f"P{city.section_codes[name]}" for name in ("情報政策課", "情報システム課"))
    write("rota.csv", ["職員番号"], [[city.holder[post]] for post in (f"{policy}-3", f"{policy}-5", f"{policy}-2", f"{systems}-2")])
    write("accounts.csv", ["ログイン名", "職員番号"], city.accounts)
    write("transfer.csv", ["職員番号", "職コード", "任用区分", "発令日", "終了日"], build_transfer(city))
    print({n: len(getattr(city, n)) for n in ("units", "posts", "persons", "tenures", "roles", "contacts", "systems")})


if __name__ == "__main__":
    main()

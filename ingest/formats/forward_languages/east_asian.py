"""Chinese (simplified and traditional), Japanese, Korean.

Sources: the forward headers of Gmail, Outlook, Apple Mail, Thunderbird, QQ Mail, NetEase and Naver in these
languages, and Unicode CLDR for dates. Chinese and Japanese write without spaces, so their words are looked for
inside of a run of letters.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.forward_languages.table import DayOrder, language

SIMPLIFIED: Final = language(
    "zh-hans",
    stems="转发|转寄",
    plain="转发的邮件|转发的消息|以下是转发的邮件|转发邮件|已转发邮件|转发邮件信息|开始转发的邮件|转发的信息|"
    "以下是转发邮件|已转发的邮件|转发信息",
    ambiguous="原始邮件|原邮件|原始邮件信息|原始信息|原始消息|邮件原件",
    sender="发件人|寄件人|发送人|发信人|自",
    to="收件人|收信人|至|发送至",
    cc="cc|抄送|抄送人",
    date="日期|发送时间|发送日期|时间|发件日期|已发送",
    subject="主题|标题",
    other="bcc|密送|密件抄送|回复|答复|回复至|回复地址|重要性|优先级|附件|敏感度",
    forward="转发|转寄|转",
    reply="回复|答复|回",
    wrote="写道|写到|写",
    around="于|在",
    weekdays="星期一/周一 星期二/周二 星期三/周三 星期四/周四 星期五/周五 星期六/周六 星期日/星期天/周日",
    halves=("上午|早上|凌晨|清晨", "下午|晚上|傍晚"),
    words="年|月|日|号|时|分|秒|中午|于|在",
    order=DayOrder.YEAR_FIRST,
    glued=True,
)

TRADITIONAL: Final = language(
    "zh-hant",
    stems="轉寄|轉發|轉傳",
    plain="轉寄郵件|轉寄的郵件|以下為轉寄的郵件|開始轉寄郵件|已轉寄的郵件|轉寄訊息|轉發郵件|轉寄的訊息|"
    "開始轉寄訊息|轉寄信件|開始轉發訊息|轉發的郵件|轉發訊息|以下是轉寄的郵件|以下是轉寄郵件",
    ambiguous="原始郵件|原始信件|原始訊息|原郵件|原訊息",
    sender="寄件者|寄件人|從|發件人|自",
    to="收件者|收件人|到|至",
    cc="cc|副本|副本抄送|抄送",
    date="日期|寄件日期|傳送時間|寄件時間|已傳送|時間|已寄出|傳送日期",
    subject="主旨|主題|標題",
    other="bcc|密件副本|回覆|回覆至|回覆地址|回函地址|重要性|優先順序|附件|敏感度",
    forward="轉寄|轉發|轉傳|轉",
    reply="回覆|回复|答覆|回",
    wrote="寫道|寫到|寫",
    around="於|在",
    weekdays="星期一/週一 星期二/週二 星期三/週三 星期四/週四 星期五/週五 星期六/週六 星期日/星期天/週日",
    halves=("上午|早上|凌晨|清晨", "下午|晚上|傍晚"),
    words="年|月|日|號|時|分|秒|中午|於|在",
    order=DayOrder.YEAR_FIRST,
    glued=True,
)

JAPANESE: Final = language(
    "ja",
    stems="転送",
    plain="転送メッセージ|転送されたメッセージ|転送されたメール|転送メール|以下は転送されたメールです|"
    "以下は転送されたメッセージです|転送されたメッセージの開始",
    ambiguous="元のメッセージ|オリジナルメッセージ|元のメール|オリジナル メッセージ|original message|元メッセージ",
    sender="差出人|送信者|from|送信元",
    to="宛先|to|あて先|受信者|送信先",
    cc="cc|写し",
    date="日付|送信日時|日時|date|送信日|送信済み",
    subject="件名|subject|タイトル",
    other="bcc|返信先|重要度|優先度|添付ファイル|秘密度|組織",
    forward="転送",
    reply="返信",
    wrote="のメール|は書きました|が書きました|さんは書きました|のメッセージ|wrote",
    around="に|さん|は|が|様",
    weekdays="月曜日/月 火曜日/火 水曜日/水 木曜日/木 金曜日/金 土曜日/土 日曜日/日",
    halves=("午前", "午後"),
    words="年|月|日|時|分|秒|に|曜日",
    order=DayOrder.YEAR_FIRST,
    glued=True,
)

KOREAN: Final = language(
    "ko",
    stems="전달|포워드",
    plain="전달된 메시지|전달된 메세지|전달된 메일|전달된 메시지 시작|포워드된 메시지|전달한 메시지|"
    "아래는 전달된 메시지입니다|전달 메시지|전달된 이메일|다음은 전달된 메시지입니다|전달받은 메시지",
    ambiguous="원본 메시지|원본 메세지|원본 메일|원래 메시지|원본메시지|원본 이메일",
    sender="보낸 사람|보낸사람|발신자|발신인|발신|보낸이|보낸 이",
    to="받는 사람|받는사람|수신자|수신인|수신|받은 사람|받는이|받는 이",
    cc="cc|참조",
    date="날짜|보낸 날짜|보낸날짜|발송일|보낸 시간|발신 날짜|전송 날짜",
    subject="제목",
    other="bcc|숨은 참조|숨은참조|회신 대상|답장 받는 사람|회신 주소|중요도|우선 순위|첨부 파일|첨부파일|첨부",
    forward="전달|fw",
    reply="회신|답장|re",
    wrote="님이 작성|작성|님이 작성한 메시지|님이 쓴 글|님이 다음을 작성함|작성함|씀",
    around="에|님이|에서",
    weekdays="월요일/월 화요일/화 수요일/수 목요일/목 금요일/금 토요일/토 일요일/일",
    halves=("오전", "오후"),
    words="년|월|일|시|분|초|에",
    order=DayOrder.YEAR_FIRST,
    glued=True,
)

LANGUAGES: Final = (SIMPLIFIED, TRADITIONAL, JAPANESE, KOREAN)

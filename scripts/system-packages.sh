#!/bin/sh
# Programs of the system that some tests talk to. Installed by package name where we may; otherwise said and skipped.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -x /usr/sbin/dovecot ] || command -v dovecot >/dev/null 2>&1 || missing="$missing dovecot-imapd"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
tessdata=/usr/share/tesseract-ocr/5/tessdata
for language in eng spa hat vie chi-sim kor ara rus por fra ukr; do
    [ -e "$tessdata/$(echo "$language" | tr - _).traineddata" ] || missing="$missing tesseract-ocr-$language"
done
[ -e "$tessdata/osd.traineddata" ] || missing="$missing tesseract-ocr-osd"
for fonts in core:truetype/noto/NotoSans-Regular.ttf cjk:opentype/noto/NotoSansCJK-Regular.ttc color-emoji:truetype/noto/NotoColorEmoji.ttf; do
    [ -e "/usr/share/fonts/${fonts#*:}" ] || missing="$missing fonts-noto-${fonts%%:*}"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for tests:$missing"
    if (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing) >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "NOT INSTALLED:$missing - the tests that need them are skipped" >&2
exit 0

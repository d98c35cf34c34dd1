#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The TLS Pool authors
#
# symbols_test: the library exports what its headers declare and what
# lib/libtlspool.sym lists, nothing else; needs libc alone; and each exported
# function has a place in a manual page.
set -eu
: "${srcdir:=.}"
library=.libs/libtlspool.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

sort "$srcdir/lib/libtlspool.sym" >"$work/listed"
nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$work/exported"
cat "$srcdir"/include/tlspool/*.h | sed 's,^ \*.*,,; s,^/\*.*,,' |
	grep -oE '\b(starttls|tlspool)_[a-z_]+\(' | tr -d '(' | sort -u \
	>"$work/declared"

for other in exported declared; do
	if ! diff "$work/listed" "$work/$other" >"$work/diff"; then
		echo "lib/libtlspool.sym and what is $other differ:"
		cat "$work/diff"
		failed=1
	fi
done

while read -r name; do
	if ! grep -qE "\.(Fn|Fo|Ft) $name|^\.Nm $name" \
		"$srcdir/doc/tlspool.3" "$srcdir/doc/starttls_client.3"; then
		echo "$name is in no manual page"
		failed=1
	fi
done <"$work/listed"

# A sanitizer brings libraries of its own.
if ! nm -D "$library" | grep -qE '__(asan|tsan|ubsan)_'; then
	needed=$(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }')
	for name in $needed; do
		case $name in
		libc.so.* | ld-linux*) ;;
		*)
			echo "the library needs $name"
			failed=1
			;;
		esac
	done
fi
exit $failed

#!/bin/sh
# After the files are there: the service's user and data folder. A service that runs goes on with the new program, once it has let
# what it carries finish; nothing is started that did not run. Debian says `configure OLD-VERSION`, rpm how many versions are there.
set -e
upgrade=
case "$1" in
configure) upgrade=${2:-} ;;
1) ;;
[0-9]*) upgrade=yes ;;
*) exit 0 ;;
esac

#deb-lockwired# . /usr/share/debconf/confmodule
#deb-lockwired# db_stop

# A group that has members outlasts a purge, and its members are still meant.
if ! getent passwd @USER@ >/dev/null; then
	group=--user-group
	! getent group @USER@ >/dev/null || group=--gid=@USER@
	useradd --system "$group" --no-create-home --home-dir @FOLDER@ --shell /usr/sbin/nologin @USER@
fi
[ -e @FOLDER@ ] || install -d -m 0700 -o @USER@ -g @USER@ @FOLDER@

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	allowed=0
	[ ! -x /usr/sbin/policy-rc.d ] || /usr/sbin/policy-rc.d @SERVICE@ restart || allowed=$?
	if [ -n "$upgrade" ] && { [ "$allowed" = 0 ] || [ "$allowed" = 104 ]; }; then
		# Not waited for: a service may take as long as --drain-within says.
		systemctl --no-block try-restart @SERVICE@.service || true
	fi
fi

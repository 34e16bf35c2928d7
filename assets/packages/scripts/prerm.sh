#!/bin/sh
# Before the files go: the service stops, and the system does not start it any more. In an upgrade it runs on. Debian says `remove`,
# rpm how many versions stay.
set -e
case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now @SERVICE@.service || true
else
	rm -f /etc/systemd/system/multi-user.target.wants/@SERVICE@.service
fi

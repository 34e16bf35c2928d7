#!/bin/sh
# After the files are gone. Data stay unless the package is purged, which only Debian knows.
set -e
if [ "$1" = purge ]; then
	agreed=true
	#deb-lockwired# # The data of the broker go only where that was answered with yes: with them goes the authority's key, without which all
	#deb-lockwired# # components have to join anew. Where nobody can be asked they stay.
	#deb-lockwired# [ ! -e @FOLDER@ ] || agreed=false
	#deb-lockwired# if [ -e /usr/share/debconf/confmodule ]; then
	#deb-lockwired# 	. /usr/share/debconf/confmodule
	#deb-lockwired# 	if [ -e @FOLDER@ ]; then
	#deb-lockwired# 		db_input critical lockwire-server/purge-data || true
	#deb-lockwired# 		db_go || true
	#deb-lockwired# 		if db_get lockwire-server/purge-data; then agreed=$RET; fi
	#deb-lockwired# 	fi
	#deb-lockwired# 	db_purge
	#deb-lockwired# 	db_stop
	#deb-lockwired# fi
	rm -f /etc/systemd/system/@SERVICE@.service.d/install.conf /etc/systemd/system/@SERVICE@.service.d/low-ports.conf
	rmdir --ignore-fail-on-non-empty /etc/systemd/system/@SERVICE@.service.d 2>/dev/null || true
	if [ "$agreed" = true ]; then
		rm -rf @FOLDER@
		if getent passwd @USER@ >/dev/null; then userdel @USER@ >&2 || true; fi
	else
		echo "The broker's data stay in @FOLDER@, with the authority's key. Remove the folder when nobody needs them any more." >&2
	fi
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload >&2 || true
fi

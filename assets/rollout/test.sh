#!/bin/sh
# Tries the rollout of docs/rollout on hosts of their own, which are network namespaces of this machine: ten by Ansible, twice, and one by
# the lines of the cloud-init file. Needs root. Usage: test.sh FOLDER-OF-THE-PROGRAMS
set -eu

hosts=10
within=300
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")/../.." && pwd)/docs/rollout
[ "$(id -u)" = 0 ] || { echo "test-rollout: network namespaces need root; skipped"; exit 0; }

work=$(mktemp -d)
mark=lwr$$
broker=""
clean() {
	set +e
	for pid in "$work"/*/agent.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
	[ -n "$broker" ] && kill "$broker" && wait "$broker"
	n=0
	while [ $n -le $hosts ]; do ip netns del "$mark-$n" 2>/dev/null; n=$((n + 1)); done
	ip netns del "$mark-broker" 2>/dev/null
	rm -rf "$work"
} 2>/dev/null
trap clean EXIT
trap 'exit 1' INT TERM
fail() { echo "test-rollout: $*" >&2; tail -n 40 "$work"/*.log >&2; exit 1; }

# One switch in the broker's namespace, and a cable to each host.
at() { ns=$1; shift; ip netns exec "$mark-$ns" "$@"; }
ip netns add "$mark-broker"
at broker ip link set lo up
at broker ip link add switch type bridge
at broker ip addr add 10.77.0.254/24 dev switch
at broker ip link set switch up
n=0
while [ $n -le $hosts ]; do
	ip netns add "$mark-$n"
	ip -n "$mark-broker" link add "host$n" type veth peer name eth0 netns "$mark-$n"
	ip -n "$mark-broker" link set "host$n" master switch up
	ip -n "$mark-$n" addr add "10.77.0.$((n + 1))/24" dev eth0
	ip -n "$mark-$n" link set eth0 up
	ip -n "$mark-$n" link set lo up
	n=$((n + 1))
done

data=$work/broker
ip netns exec "$mark-broker" "$build/lockwired" serve --data "$data" --listen 10.77.0.254:6170 >"$work/broker.log" 2>&1 &
broker=$!
tried=0
until grep -q 'msg="the broker serves"' "$work/broker.log"; do
	tried=$((tried + 1))
	[ $tried -lt 60 ] || fail "the broker does not come up"
	sleep 1
done
(umask 077; "$build/lockwired" components token --data "$data" --uses $((hosts + 1)) --name 'branch-*' --valid 1h --tag branch 2>"$work/token.log" >"$work/token")
(umask 077; printf 'lockwire_join_token: "%s"\n' "$(cat "$work/token")" >"$work/token.yml")

# Ansible reaches a host by a shell in its namespace.
echo "[lockwire]" >"$work/inventory"
n=1
while [ $n -le $hosts ]; do
	mkdir "$work/h$n"
	echo "branch-$n ansible_connection=local ansible_python_interpreter=/usr/bin/python3 ansible_become=true ansible_become_method=su ansible_become_exe='ip netns exec $mark-$n su' lockwire_agent_data=$work/h$n/data lockwire_agent_path=$work/h$n/lockwire-agent" >>"$work/inventory"
	n=$((n + 1))
done
# There is no service manager in a namespace: what the service would run is started by hand.
cat >"$work/rollout.yml" <<'PLAY'
- import_playbook: "{{ playbook }}"
- hosts: lockwire
  gather_facts: false
  tasks:
    - name: The agent runs
      ansible.builtin.shell:
        cmd: "nohup {{ lockwire_agent_path }} run --data {{ lockwire_agent_data }} --machine-id {{ inventory_hostname }} >agent.log 2>&1 </dev/null & echo $! >agent.pid"
        chdir: "{{ lockwire_agent_data }}/.."
        creates: "{{ lockwire_agent_data }}/../agent.pid"
PLAY
roll() {
	began=$(date +%s%N)
	ANSIBLE_ROLES_PATH=$here/ansible/roles ANSIBLE_RETRY_FILES_ENABLED=0 ANSIBLE_LOCAL_TEMP=$work/tmp ANSIBLE_BECOME_ALLOW_SAME_USER=1 ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8 \
		timeout $within ansible-playbook -f $hosts -i "$work/inventory" "$work/rollout.yml" -e "playbook=$here/ansible/playbook.yml" -e "@$work/token.yml" \
		-e "lockwire_agent_program=$build/lockwire-agent lockwire_agent_service=false" -e '{"lockwire_agent_backends": ["127.0.0.1:8000"]}' -vv >"$work/$1.log" 2>&1 || fail "$1: ansible-playbook failed"
	echo "$1: $(( ($(date +%s%N) - began) / 1000000 )) ms, $(grep -c 'changed=0 .*failed=0' "$work/$1.log") of $hosts hosts unchanged"
}
online() {
	tried=0
	until [ "$("$build/lockwired" components list --data "$data" | grep -c '^branch-.* online ')" = "$1" ]; do
		tried=$((tried + 1))
		[ $tried -lt 60 ] || fail "$1 components are not online"
		sleep 1
	done
}
roll first
online $hosts
[ "$(grep -c 'changed=[1-9].*failed=0' "$work/first.log")" = $hosts ] || fail "the first run did not change every host"
"$build/lockwired" components list --json --data "$data" | grep '"\(id\|joined\)"' | sort >"$work/before"
roll second
[ "$(grep -c 'changed=0 .*failed=0' "$work/second.log")" = $hosts ] || fail "the second run changed something"
online $hosts
"$build/lockwired" components list --json --data "$data" | grep '"\(id\|joined\)"' | sort >"$work/after"
cmp "$work/before" "$work/after" || fail "a component is another one"

# The lines of the cloud-init file, on a machine of their own, but for the service manager.
python3 - "$here/cloud-init.yaml" "$work" <<'PYTHON'
import sys, yaml
config = yaml.safe_load(open(sys.argv[1]))
token = open(sys.argv[2] + "/token").read().strip()
with open(sys.argv[2] + "/cloud.sh", "w") as out:
    out.write("set -eu\n")
    for file in config["write_files"]:
        out.write("(umask 077; cat >%s <<'EOF'\n%sEOF\n)\nchmod %s %s\n" % (file["path"], file["content"].replace("PUT-THE-TOKEN-HERE", token), file["permissions"], file["path"]))
    for line in config["runcmd"]:
        out.write(line.replace(" --service", "") + "\n")
PYTHON
chmod 600 "$work/cloud.sh"
mkdir "$work/h0"
at 0 unshare --mount --uts sh -eu -c '
	mount -t tmpfs none /run
	mkdir -p /var/lib /usr/local/bin
	mount -t tmpfs none /var/lib
	mount -t tmpfs none /usr/local/bin
	cp "$1/lockwire-agent" /usr/local/bin/
	hostname branch-0
	sh "$2/cloud.sh" && sh "$2/cloud.sh" && [ ! -e /run/lockwire-token ]' sh "$build" "$work" >"$work/cloud.log" 2>&1 || fail "the lines of cloud-init.yaml failed"
grep -q 'already joined as branch-0' "$work/cloud.log" || fail "the lines of cloud-init.yaml cannot be repeated"

"$build/lockwired" components tokens --data "$data" | grep -q "$((hosts + 1)) of $((hosts + 1))" || fail "the token was not used once a host"
if grep -rqF "$(cat "$work/token")" "$work"/*.log "$work"/h*; then fail "the token is in a log, or in a file of a host"; fi
echo "test-rollout: $hosts hosts by Ansible, twice with one result, and one by cloud-init's lines"

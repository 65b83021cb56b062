#!/bin/bash
# Starts httpd once each certificate is there. When one is replaced, httpd is restarted gracefully: connections that are open
# stay with the processes that have them.
#
# kit-certificates: a line each, the paths of a chain and of its key. httpd reads copies, which are always of one pair.
# kit-trusted-proxies: a line each, an address or network. 127.0.0.1 stands for the engine's machine.
set -euo pipefail
umask 077
configuration=/etc/apache2/kit.conf
certificates=/etc/apache2/kit-certificates
trusted_proxies=/etc/apache2/kit-trusted-proxies
# In memory.
copies=/dev/shm/kit-certificates
# Generations of httpd's processes that may be there at a time, and processes of each.
generations=$1 processes=$2

say() { echo "httpd-start: $*" >&2; }

# Whether a file holds a key, its certificate and certificates that httpd can load.
is_pair() {
  local key certificate
  key=$(openssl pkey -in "$1" -pubout 2>/dev/null) &&
    certificate=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) &&
    [[ $key == "$certificate" ]] &&
    openssl crl2pkcs7 -nocrl -certfile "$1" -out /dev/null 2>/dev/null &&
    # A key that httpd's library finds too short would end it.
    openssl verify -no_check_time -auth_level 2 -partial_chain -trusted "$1" "$1" >/dev/null 2>&1
}

# Copies the pairs that are new and complete. 1 when nothing was new, 2 when one is missing altogether.
take_certificates() {
  local number=0 new=1 chain key copy
  while read -r chain key; do
    copy=$copies/$((number += 1)).pem
    if cat -- "$key" "$chain" >"$copy.new" 2>/dev/null && ! cmp -s "$copy.new" "$copy" && is_pair "$copy.new"; then
      mv "$copy.new" "$copy"
      new=0
    fi
    [[ -e $copy ]] || return 2
  done <"$certificates"
  return $new
}

# Each long-lived connection keeps a process of an earlier generation. When they would leave no room for a new one, the
# oldest end: they have no other signal left.
make_room() {
  local most=$(((generations - 1) * processes)) all
  mapfile -t all < <(ps --ppid "$$" -o pid=,comm= --sort start_time | awk '$2 == "apache2" { print $1 }')
  if ((${#all[@]} > most)); then kill -KILL "${all[@]:0:${#all[@]}-most}" || true; fi
}

watch_certificates() {
  while sleep 5; do
    if take_certificates; then
      make_room
      kill -USR1 "$$"
    fi
  done
}

# The address that the engine's machine connects from: that of the gateway of this container's network.
machine() {
  local destination gateway
  while read -r _ destination gateway _; do
    if [[ $destination == 00000000 ]]; then
      printf '%d.%d.%d.%d\n' "0x${gateway:6:2}" "0x${gateway:4:2}" "0x${gateway:2:2}" "0x${gateway:0:2}"
      return
    fi
  done </proc/net/route
  say "no route leads to the engine's machine"
  return 1
}

number_of() { # of an address
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

# Prints the networks that hold every address of one, by number and length, but those of trusted_networks.
outside() {
  local address=$1 length=$2 network its_address its_length inside=
  for network in "${trusted_networks[@]}"; do
    read -r its_address its_length <<<"$network"
    if ((its_length <= length && address >> (32 - its_length) == its_address >> (32 - its_length))); then return; fi
    if ((its_length > length && its_address >> (32 - length) == address >> (32 - length))); then inside=1; fi
  done
  if [[ $inside ]]; then
    outside "$address" $((length + 1))
    outside $((address + (1 << (31 - length)))) $((length + 1))
  else
    echo "$((address >> 24)).$((address >> 16 & 255)).$((address >> 8 & 255)).$((address & 255))/$length"
  fi
}

read_trusted_proxies() {
  local entry address length
  trusted=() trusted_networks=()
  while read -r entry; do
    if [[ $entry == 127.0.0.1 ]]; then entry=$(machine); fi
    trusted+=("$entry")
    IFS=/ read -r address length <<<"$entry"
    trusted_networks+=("$(number_of "$address") ${length:-32}")
  done <"$trusted_proxies"
  # The configuration names one of these.
  export KIT_TRUSTED="${trusted[*]}" KIT_UNTRUSTED=
  if grep -q KIT_UNTRUSTED "$configuration"; then KIT_UNTRUSTED="$(outside 0 0 | tr "\n" " ")::/1 8000::/1"; fi
}

if [[ -e $trusted_proxies ]]; then read_trusted_proxies; fi
if [[ -e $certificates ]]; then
  mkdir -p "$copies"
  waited=
  until take_certificates || (($? == 1)); do
    if [[ ! $waited ]]; then say "waiting for the certificates in $certificates"; fi
    waited=1
    sleep 0.2
  done
  watch_certificates &
fi
exec apache2 -f "$configuration" -DFOREGROUND

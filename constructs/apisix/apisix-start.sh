#!/bin/bash
# Starts APISIX as its image does, and tells its config.yaml by KIT_ENGINE_ADDRESS from which address programs of the engine's
# machine reach a published port: that of the network's gateway, which nobody knows before the container has started.
set -euo pipefail

while read -r _ destination gateway _; do
  if [[ $destination == 00000000 ]]; then
    # Four bytes, the last one first.
    printf -v KIT_ENGINE_ADDRESS '%d.%d.%d.%d' "0x${gateway:6:2}" "0x${gateway:4:2}" "0x${gateway:2:2}" "0x${gateway:0:2}"
  fi
done </proc/net/route
if [[ ! ${KIT_ENGINE_ADDRESS-} ]]; then
  echo "apisix-start: no route leads to the engine's machine" >&2
  exit 1
fi
export KIT_ENGINE_ADDRESS
exec /docker-entrypoint.sh docker-start

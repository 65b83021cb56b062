import type { Problem } from "../kit/errors";
import type { PlatformModel } from "../platform/model/platform-model";
import { cleartextListeners } from "../platform/rules/tls-rules";
import type { CompleteSettings } from "./derived-defaults";

/** Passwords and tokens that others could read on their way. */
export function cleartextProblems(
  { bind }: CompleteSettings,
  platform: PlatformModel,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const listeners = cleartextListeners(platform, bind);
  if (listeners.length === 0 || platform.tls.allowCleartext) return [];
  return [
    {
      where: place(["bind"]),
      what: `passwords and tokens would cross the network without TLS: that of ${listeners.join(", ")}`,
      got: bind,
      allowed: "a loopback address, 127.0.0.1",
      fix: "Say tls.mode: own, files or acme; or, if nobody can listen there, tls.allowCleartext: true",
    },
  ];
}

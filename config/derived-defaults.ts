import { defaultRevocation } from "../constructs/mail-platform/default-revocation";
import type { Settings } from "./settings";

type Derived = "name" | "gateway" | "revocation" | "people";

/** Settings with the defaults that follow from other settings, or from the file's name. */
export type CompleteSettings = Omit<Settings, Derived> & {
  readonly [Key in Derived]: NonNullable<Settings[Key]>;
};

export function withDerivedDefaults(settings: Settings, fileName: string): CompleteSettings {
  const gateway = settings.gateway ?? (settings.images === "built" ? "httpd" : "apisix");
  return {
    ...settings,
    name: settings.name ?? fileName,
    gateway,
    revocation: settings.revocation ?? defaultRevocation(gateway),
    people: settings.people ?? [{ mail: `james-user@${settings.domain}` }],
  };
}

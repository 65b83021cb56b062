import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Json } from "../../../../kit/json";
import { isReference } from "../../values/reference";
import { asList, asMap, asText, type Configuration } from "../configuration/configuration";
import { at, type Found, type Key } from "../configuration/finding";
import { upstreamsOf } from "../configuration/upstreams";
import { droppedFor } from "./object-rules";

/** Certificates and keys that are none: of `ssls`, and of upstreams. */
export function certificateFindings(configuration: Configuration): Found[] {
  return [
    ...configuration.list("ssls").flatMap((entry) => {
      const { cert, key, certs, keys, client } = entry.value;
      const found = (path: readonly Key[], value: Json | undefined, kind: Kind) =>
        finding(value, kind).map(
          (one): Found => ({ ...one, at: at(entry, ...path), why: droppedFor(entry) }),
        );
      const number = (list: Json | undefined) => asList(list)?.length ?? 0;
      return [
        ...found(["cert"], cert, "certificate"),
        ...found(["key"], key, "key"),
        ...(asList(certs) ?? []).flatMap((one, index) => found(["certs", index], one, "certificate")),
        ...(asList(keys) ?? []).flatMap((one, index) => found(["keys", index], one, "key")),
        ...found(["client", "ca"], asMap(client)?.ca, "certificate"),
        ...(number(certs) === number(keys)
          ? []
          : [
              {
                severity: "error",
                at: at(entry, "keys"),
                what: `${number(keys)} keys for ${number(certs)} certificates`,
                why: droppedFor(entry),
                fix: "Give each certificate its key",
              } as const,
            ]),
      ];
    }),
    ...upstreamsOf(configuration).flatMap(({ entry, path, value }) => {
      const { client_cert: cert, client_key: key } = asMap(value.tls) ?? {};
      const why = path.length === 0 ? droppedFor(entry) : "requests that go to it by TLS get 503";
      return [
        ...finding(cert, "certificate").map(
          (one): Found => ({ ...one, at: at(entry, ...path, "tls", "client_cert"), why }),
        ),
        ...finding(key, "key").map(
          (one): Found => ({ ...one, at: at(entry, ...path, "tls", "client_key"), why }),
        ),
      ];
    }),
  ];
}

type Kind = "certificate" | "key";

/** Characters. A shorter text is a problem of its schema already. */
const shortest: Readonly<Record<Kind, number>> = { certificate: 128, key: 64 };

function finding(value: Json | undefined, kind: Kind): Pick<Found, "severity" | "what" | "fix">[] {
  const text = asText(value);
  if (text === undefined || text.length < shortest[kind] || text.includes("${{") || isReference(text))
    return [];
  return (kind === "key" ? isKey(text) : isCertificate(text))
    ? []
    : [
        {
          severity: "error",
          what: `not a ${kind} in PEM`,
          fix: "Write it as a block (`|`), each line indented alike",
        },
      ];
}

/** What does not begin as PEM may be a key that APISIX has encrypted. */
function isKey(text: string): boolean {
  if (!text.startsWith("---")) return /^[A-Za-z0-9+/=\s]+$/.test(text);
  return readable(() => createPrivateKey(text));
}

function isCertificate(text: string): boolean {
  return readable(() => new X509Certificate(text));
}

function readable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

import { Image } from "../constructs/workload/image";
import type { InternalTls } from "../constructs/workload/server-certificate";

export { secret, synth, type Template, testStack } from "../testing/template";

export const image = Image.registry("example/image", { tag: "1.2.3" });

/** TLS of a service of the environment's own services. */
export function internalTls(service: "ldap" | "postgres" | "redis"): InternalTls {
  const host = `${service}.example.com`;
  const path = "/run/certificates";
  return {
    certificate: {
      hosts: [host],
      volume: { name: `certificates-${service}`, path, readOnly: true },
      ...{ chainFile: `${path}/${host}/chain.pem`, keyFile: `${path}/${host}/key.pem` },
    },
    ca: "the authority's certificate",
  };
}

import { authoritySecret } from "../../config/secrets";
import { describeAuthority, parseAuthority } from "../../constructs/certificates/authority";
import { KitError } from "../../kit/errors";
import { openDeployment } from "../../operations/deployment/deployment";
import type { Output } from "../output/output";

/**
 * Shows the certificate of an environment's own authority, for those who are to trust it: in PEM on standard output.
 *
 * @throws KitError when the environment has none
 */
export function caShow(name: string, { progress, result }: Output): void {
  const { environment, secrets } = openDeployment(name);
  const isUsed = environment.platform.certificates.some(({ from }) => from === "own");
  if (!isUsed || !secrets.names().includes(authoritySecret)) {
    throw new KitError(`environment ${environment.name} has no authority of its own`, [
      isUsed
        ? { what: "none is stored", fix: "It is made by the first `up`" }
        : { where: "tls.mode", what: "no listener shows a certificate of it", fix: "Say tls.mode: own" },
    ]);
  }
  const { certificate } = parseAuthority(secrets.stored(authoritySecret));
  const described = describeAuthority(certificate);
  progress.note(
    `${described.name}, SHA-256 ${described.fingerprint}, until ${described.notAfter.toISOString().slice(0, 10)}`,
  );
  result(
    { command: "ca show", environment: environment.name, ...described, certificate },
    certificate.trimEnd(),
  );
}

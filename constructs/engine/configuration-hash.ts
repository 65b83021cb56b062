import { createHash, createHmac } from "node:crypto";
import { resolved } from "../terraform/terraform-token";
import type { Secret } from "../workload/secret";
import type { Workload } from "../workload/workload";
import { healthTest } from "./health-test";

/** Changes when, and only when, the content of a file does. Keyed, so that a weak secret cannot be guessed from it. */
export function fingerprint(key: Secret, content: string): string {
  return createHmac("sha256", key.reveal()).update(content).digest("hex");
}

/**
 * The hash of everything that a workload's container is given: an engine replaces a container when, and only when, it has
 * changed. Props that say nothing of the container itself are left out. The notation is that of the first release, so that
 * an upgrade of the kit replaces nobody.
 */
export function configurationHash(workload: Workload, key: Secret): string {
  const { engine: _, dependsOn: __, files: ___, connectsTo: ____, image, ...given } = workload.props;
  const files = workload.files().map(({ content, ...file }) => ({
    ...file,
    fingerprint: fingerprint(key, content),
  }));
  // In place: the order of props counts.
  const notation = Object.entries(given).map(([prop, value]) => {
    if (prop === "healthCheck") return [prop, { test: healthTest(workload.props.healthCheck) }];
    // What a volume holds is nothing that its container is given.
    if (prop === "volumes") return [prop, workload.props.volumes?.map(({ holds: _, ...volume }) => volume)];
    return [prop, value];
  });
  const text = JSON.stringify({ ...Object.fromEntries(notation), image: image.reference, files });
  return createHash("sha256").update(resolved(workload, text)).digest("hex").slice(0, 16);
}

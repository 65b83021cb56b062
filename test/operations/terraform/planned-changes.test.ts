import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plannedChanges } from "../../../operations/terraform/planned-changes";
import type { PlanResource } from "../../../operations/terraform/terraform";

const stack = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "cdk.tf.json");
const metadata = (path: string) => ({ "//": { metadata: { path } } });
writeFileSync(
  stack,
  JSON.stringify({
    resource: {
      docker_container: { james: metadata("platform/mail/james/service/container") },
      keycloak_openid_client: { webmail: metadata("identity/realm/client webmail") },
    },
  }),
);
const environment = {
  name: "unit",
  platform: { publishedPorts: [{ path: ["realms", 0, "ports", "imap"], port: 1143 }] },
};
const given = {
  name: "unit-james",
  image: "sha256:old",
  memory: 640,
  env: ["JAVA_OPTS=-Xmx192m", "A=1"],
  labels: [{ label: "hash", value: "1" }],
  ports: [
    { internal: 143, external: 143, ip: "127.0.0.1" },
    { internal: 587, external: 587, ip: "127.0.0.1" },
  ],
  upload: [
    { file: "/conf/imapserver.xml", source_hash: "1" },
    { file: "/conf/smtpserver.xml", source_hash: "1" },
    { file: "/conf/domainlist.xml", content: "localhost" },
  ],
};
const change = (rest: Partial<PlanResource["change"]>, more: object = {}): PlanResource => ({
  address: "docker_container.james",
  type: "docker_container",
  change: { actions: ["delete", "create"], before: given, after: given, ...rest },
  ...more,
});
const changes = (...resource_changes: PlanResource[]) =>
  plannedChanges(
    { resource_changes },
    stack,
    environment,
    new Map([["docker_container.james", "it is unhealthy"]]),
  );

test("says which setting, file, variable, image and limit a service is replaced for", () => {
  const after = {
    ...given,
    image: "sha256:new",
    memory: 700,
    env: ["JAVA_OPTS=-Xmx200m", "A=1"],
    labels: [{ label: "hash", value: "2" }],
    ports: [{ internal: 143, external: 1143, ip: "127.0.0.1" }],
    upload: [
      { file: "/conf/imapserver.xml", source_hash: "2" },
      { file: "/conf/smtpserver.xml", source_hash: "1" },
      { file: "/conf/domainlist.xml", content: "example.org" },
    ],
  };
  const replace_paths = [
    ["ports", 0, "external"],
    ["ports", 1],
    ["upload"],
    ["env"],
    ["image"],
    ["memory"],
    ["labels"],
  ];
  const image: PlanResource = {
    address: "docker_image.james",
    type: "docker_image",
    change: {
      actions: ["no-op"],
      before: { name: "james:1", image_id: "sha256:old" },
      after: { name: "james:2", image_id: "sha256:new" },
    },
  };
  expect(changes(change({ after, replace_paths }), image)).toEqual([
    {
      action: "replace",
      name: "james",
      address: "docker_container.james",
      files: ["/conf/imapserver.xml", "/conf/domainlist.xml"],
      reasons: [
        "ports.imap is 1143 instead of 143",
        "port 587 is no longer published",
        "files domainlist.xml, imapserver.xml",
        "environment JAVA_OPTS",
        "image james:2 instead of james:1",
        "memoryMb is 700 instead of 640",
      ],
    },
  ]);
});

test.each([
  ["replace_because_tainted", "an earlier run did not finish it"],
  ["replace_by_request", "it is unhealthy"],
])("tells %s in words", (action_reason, reason) => {
  expect(changes(change({}, { action_reason }))).toMatchObject([{ name: "james", reasons: [reason] }]);
});

test("leaves out what stays, and calls the rest as people do; what is secret is not shown", () => {
  const client = {
    address: "keycloak_openid_client.webmail",
    type: "keycloak_openid_client",
    change: {
      actions: ["update"],
      before: { name: null, description: "", client_secret: "old" },
      after: { name: null, description: "Webmail", client_secret: "new" },
      after_sensitive: { client_secret: true },
    },
  };
  const volume = {
    address: "docker_volume.a",
    type: "docker_volume",
    change: { actions: ["create"], before: null, after: { name: "unit-redis-data" } },
  };
  expect(changes(change({ actions: ["no-op"] }), client, volume)).toEqual([
    {
      action: "update",
      name: "realm/client webmail",
      address: client.address,
      reasons: ["description", "client secret"],
    },
    { action: "create", name: "volume redis-data", address: volume.address, reasons: [] },
  ]);
});

test("a volume that Terraform forgets is kept", () => {
  const before = { name: "unit-redis-data" };
  const resource = { address: "docker_volume.old", type: "docker_volume" };
  const forget = { actions: ["forget"], before, after: null };
  expect(changes({ ...resource, change: forget })).toEqual([
    { action: "keep", name: "volume redis-data", reasons: [], address: "docker_volume.old" },
  ]);
});
